-- Users with a name, of any tenant: login does not know the tenant. $1 the name's key.
select
    tenant_id,
    id,
    username,
    email,
    role,
    team_id,
    password_hash,
    disabled_at is not null as is_disabled
from users
where username_key = $1
