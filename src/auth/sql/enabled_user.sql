-- A user who is not disabled. $2 the key of the name.
select id, role
from users
where tenant_id = $1 and username_key = $2 and disabled_at is null
