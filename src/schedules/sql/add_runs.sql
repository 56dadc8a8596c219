-- Adds runs of schedule $2: $3 ids, $4 due times, $5 states, $6 is each of them late, and $7 now.
insert into schedule_runs (tenant_id, id, schedule_id, due_at, status, late, finished_at, next_try_at)
select s.tenant_id, r.id, s.id, r.due_at, r.status, r.late, case when r.status = 'skipped' then $7::timestamptz end,
       case when r.status = 'queued' then $7::timestamptz end
from schedules s
cross join unnest($3::text[], $4::timestamptz[], $5::text[], $6::boolean[]) as r (id, due_at, status, late)
where s.tenant_id = $1 and s.id = $2
on conflict do nothing
