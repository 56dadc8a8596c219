-- Status of a script, which is kept from being deleted until the end of the transaction. $2 id.
select status
from autocall_scripts
where tenant_id = $1 and id = $2
for key share
