-- Moves schedule $2 on to its next due time $3.
update schedules
set next_run_at = $3, active = $3 is not null
where tenant_id = $1 and id = $2
