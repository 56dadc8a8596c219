-- The leads $2, of campaign $3 where that is not null, locked in the order of their ids. With their attempts if $4, else
-- without.
select
    l.id,
    l.campaign_id,
    l.phone_as_sent as phone_number,
    l.external_ref,
    l.payload,
    l.status,
    coalesce(a.total_attempts, 0) as total_attempts,
    a.last_attempt_at,
    a.last_result,
    l.created_at
from autocall_leads l
left join lateral (
    select
        count(*) as total_attempts,
        max(a.started_at) as last_attempt_at,
        (array_agg(a.result order by a.started_at desc, a.attempt_number desc, a.uuid desc))[1] as last_result
    from autocall_attempts a
    where a.tenant_id = $1
      and a.lead_id = l.id
) a on $4
where l.tenant_id = $1
  and l.id = any ($2)
  and ($3::bigint is null or l.campaign_id = $3)
order by l.id
for no key update of l
