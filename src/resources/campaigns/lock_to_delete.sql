-- Locks a campaign against changes and against new rows that refer to it. $2 id.
select id
from autocall_campaigns
where tenant_id = $1 and id = $2
for update
