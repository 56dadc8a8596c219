-- Schedules, newest first, each with its last run: schedule $2, or all if that is null. $3 limit, $4 offset.
select
    s.id, s.name, s.report, s.params, s.window_name, s.format, s.template, s.lang, s.at, s.deliver, s.active, s.next_run_at, to_jsonb(r) as last_run,
    (select coalesce(nullif(w.description, ''), substring(w.url from '^[^:]+://([^/?#]+)'))
     from webhooks w
     where w.tenant_id = $1 and w.id = (s.deliver->>'webhook')::bigint) as webhook_name,
    s.created_by, s.created_at, s.updated_at
from schedules s
left join lateral (
    select id, due_at, started_at, finished_at, status, late, manual, rows, bytes, error
    from schedule_runs
    where tenant_id = $1 and schedule_id = s.id
    order by due_at desc, id desc
    limit 1
) r on true
where s.tenant_id = $1 and ($2::bigint is null or s.id = $2)
order by s.id desc
limit $3 offset $4
