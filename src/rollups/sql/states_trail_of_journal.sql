with changed as materialized (
    {{changed}}
)
insert into autocall_lead_trail
select $1, l.*
from (
    select
        {{state}}
    from autocall_leads l
    join changed c on l.id = c.lead_id
    where l.tenant_id = $1
) l
on conflict (tenant_id, lead_id) do update set
    (campaign_id, created_at, status, attempts, in_progress) =
        (excluded.campaign_id, excluded.created_at, excluded.status, excluded.attempts, excluded.in_progress)
