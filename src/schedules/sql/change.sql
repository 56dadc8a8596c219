-- Changes schedule $2: $3 name, $4 report, $5 parameters, $6 window, $7 format, $8 clock, $9 receivers, $10 is it active, $11 its
-- next due time, $12 its maker, who stays, $13 now.
update schedules
set name = $3, report = $4, params = $5, window_name = $6, format = $7, at = $8, deliver = $9, active = $10, next_run_at = $11,
    created_by = $12, updated_at = $13
where tenant_id = $1 and id = $2
