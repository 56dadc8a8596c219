-- Locks a campaign against changes. $2 id.
select id
from autocall_campaigns
where tenant_id = $1 and id = $2
for update
