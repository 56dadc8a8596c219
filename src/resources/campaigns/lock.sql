-- Locks a campaign against changes, not against rows that refer to it. $2 id.
select id
from autocall_campaigns
where tenant_id = $1 and id = $2
for no key update
