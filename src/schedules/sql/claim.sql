-- Claims a run that is due at $3, with claim $2, for $4 seconds: one that is to be mailed if $5, else one that is to be made. A run with an expired lease is claimed again.
with next as (
    select id
    from schedule_runs
    where tenant_id = $1 and status in ('queued', 'running') and next_try_at <= $3
      and (mail is not null) = $5
      and (leased_until is null or leased_until <= now())
    order by next_try_at, id
    limit 1
    for update skip locked
)
update schedule_runs r
set status = 'running', claim = $2, leased_until = now() + make_interval(secs => $4), tries = tries + 1,
    started_at = coalesce(started_at, $3)
from next
where r.tenant_id = $1 and r.id = next.id
returning r.id, r.schedule_id, r.due_at, r.tries
