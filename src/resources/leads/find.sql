-- Lead $2 with its attempts, of any campaign.
select
    l.id,
    l.campaign_id,
    l.phone_as_sent as phone_number,
    l.external_ref,
    l.payload,
    l.status,
    a.total_attempts,
    a.last_attempt_at,
    a.last_result,
    l.created_at
from autocall_leads l
cross join lateral (
    select
        count(*) as total_attempts,
        max(a.started_at) as last_attempt_at,
        (array_agg(a.result order by a.started_at desc, a.attempt_number desc, a.uuid desc))[1] as last_result
    from autocall_attempts a
    where a.tenant_id = $1
      and a.lead_id = l.id
) a
where l.tenant_id = $1
  and l.id = $2
