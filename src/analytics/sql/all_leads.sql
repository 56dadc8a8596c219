-- Progress of all leads of a tenant. Attempts are counted in lead order, straight from an index.
with tried as (
    select a.lead_id as id, count(*) as attempts
    from autocall_attempts a
    where a.tenant_id = $1
    group by a.lead_id
), in_progress as (
    select distinct a.lead_id as id from autocall_attempts a where a.tenant_id = $1 and a.result is null
)
select count(*) as leads,
       count(*) filter (where t.attempts >= 1) as tried,
       count(*) filter (where t.attempts >= 2) as retried,
       count(*) filter (where p.id is not null) as processing,
       count(*) filter (where t.attempts >= 1 and p.id is null and {{retryable l}}) as retry,
       count(*) filter (where t.attempts >= 1 and p.id is null and not {{retryable l}})
           as finished
from autocall_leads l
left join tried t on t.id = l.id
left join in_progress p on p.id = l.id
where l.tenant_id = $1
