-- Adds schedule $2: $3 name, $4 report, $5 parameters, $6 window, $7 format, $8 clock, $9 receivers, $10 is it active, $11 its
-- next due time, $12 its maker, $13 now.
insert into schedules (
    tenant_id, id, name, report, params, window_name, format, at, deliver, active, next_run_at, created_by, created_at, updated_at
)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13)
