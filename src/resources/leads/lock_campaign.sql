-- Campaign $2, locked against other imports and changes of its state, not against rows that refer to it.
select
    c.id,
    c.name,
    c.status
from autocall_campaigns c
where c.tenant_id = $1
  and c.id = $2
for no key update
