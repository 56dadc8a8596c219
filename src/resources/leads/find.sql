-- Lead $2 with its attempts, of any campaign.
select
    {{columns}}
from autocall_leads l
cross join lateral (
    {{attempts}}
) a
where l.tenant_id = $1
  and l.id = $2
