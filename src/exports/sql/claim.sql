-- Claims an unclaimed job with claim $1 for $2 seconds: the oldest one of the tenants with the fewest running jobs. A failed
-- job waits for a while; a job with an expired lease is claimed again.
with running as (
    select tenant_id, count(*) as jobs
    from exports
    where status = 'running' and leased_until > now()
    group by tenant_id
), next as (
    select e.tenant_id, e.id
    from exports e
    left join running r on r.tenant_id = e.tenant_id
    where e.status = 'queued' and (e.wait_until is null or e.wait_until <= now())
       or e.status = 'running' and e.leased_until <= now()
    order by coalesce(r.jobs, 0), e.created_at, e.id
    limit 1
    for update of e skip locked
)
update exports e
set status = 'running', claim = $1, leased_until = now() + make_interval(secs => $2), tries = tries + 1,
    progress_pct = 0, wait_until = null
from next
where e.tenant_id = next.tenant_id and e.id = next.id
returning e.tenant_id, e.id
