-- Users by id.
select
    id,
    username,
    email,
    role,
    team_id,
    created_at,
    disabled_at
from users
where tenant_id = $1
order by id
