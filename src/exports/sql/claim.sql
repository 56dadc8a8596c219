-- Takes a job nobody works on, for whoever has the claim $1, for $2 seconds: of the accounts with the fewest jobs
-- running, the oldest. One that failed waits a while; one whose lease ran out is taken up again.
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
