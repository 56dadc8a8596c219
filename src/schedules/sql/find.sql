-- Schedule $2 with its last run.
select
    s.id, s.name, s.report, s.params, s.window_name, s.format, s.at, s.deliver, s.active, s.next_run_at, to_jsonb(r) as last_run,
    s.created_by, s.created_at, s.updated_at
from schedules s
left join lateral (
    select id, due_at, started_at, finished_at, status, late, manual, rows, bytes, error
    from schedule_runs
    where tenant_id = $1 and schedule_id = s.id
    order by due_at desc, id desc
    limit 1
) r on true
where s.tenant_id = $1 and s.id = $2
