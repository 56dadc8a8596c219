-- Locks a script against changes and against campaigns that start to play it. $2 id.
select id
from autocall_scripts
where tenant_id = $1 and id = $2
for update
