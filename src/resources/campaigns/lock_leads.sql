-- Locks the leads of a campaign against new attempts, in the order in which ingest locks them. $2 campaign.
select id
from autocall_leads
where tenant_id = $1 and campaign_id = $2
order by id
for update
