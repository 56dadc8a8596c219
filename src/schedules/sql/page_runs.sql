-- A page of runs of schedule $2, newest first. $3 limit, $4 offset.
select id, due_at, started_at, finished_at, status, late, manual, rows, bytes, error
from schedule_runs
where tenant_id = $1 and schedule_id = $2
order by due_at desc, id desc
limit $3 offset $4
