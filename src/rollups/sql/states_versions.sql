-- The leads of the relation `changed` with weights: as counted (-1) and as they are (+1).
select -1 as weight,
       callboard_quarter(l.created_at) as quarter,
       l.lead_id,
       l.campaign_id,
       l.created_at,
       l.status,
       l.attempts,
       l.in_progress
from changed c
cross join lateral (
    select *
    from autocall_lead_trail l
    where l.tenant_id = $1
      and l.lead_id = c.lead_id
      {{and}}
    offset 0
) l
union all
select 1,
       callboard_quarter(l.created_at),
       l.*
from changed c
cross join lateral (
    select
        {{state}}
    from autocall_leads l
    where l.tenant_id = $1
      and l.id = c.lead_id
      {{and}}
    offset 0
) l
