-- Adds schedule $2: $3 name, $4 report, $5 parameters, $6 window, $7 format, $8 template, $9 language, $10 clock, $11 receivers,
-- $12 is it active, $13 its next due time, $14 its maker, $15 now.
insert into schedules (
    tenant_id, id, name, report, params, window_name, format, template, lang, at, deliver, active, next_run_at, created_by,
    created_at, updated_at
)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $15)
