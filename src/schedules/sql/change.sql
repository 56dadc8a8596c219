-- Changes schedule $2: $3 name, $4 report, $5 parameters, $6 window, $7 format, $8 template, $9 language, $10 clock, $11
-- receivers, $12 is it active, $13 its next due time, $14 its maker, who stays, $15 now.
update schedules
set name = $3, report = $4, params = $5, window_name = $6, format = $7, template = $8, lang = $9, at = $10, deliver = $11,
    active = $12, next_run_at = $13, created_by = $14, updated_at = $15
where tenant_id = $1 and id = $2
