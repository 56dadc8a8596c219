-- Reference of lead $2, which is locked against new attempts.
select external_ref
from autocall_leads
where tenant_id = $1 and id = $2
for update
