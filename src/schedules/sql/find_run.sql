-- Run $3 of schedule $2.
select id, due_at, started_at, finished_at, status, late, manual, rows, bytes, error
from schedule_runs
where tenant_id = $1 and schedule_id = $2 and id = $3
