-- Locks schedules that are due at $2, those left out that another instance is moving on.
select id, at, next_run_at
from schedules
where tenant_id = $1 and active and next_run_at <= $2
order by next_run_at, id
limit 100
for update skip locked
