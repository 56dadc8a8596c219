-- Keeps campaign $2 from being deleted until the end of the transaction.
select id
from autocall_campaigns
where tenant_id = $1 and id = $2
for key share
