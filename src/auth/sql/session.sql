-- A session that is not revoked, of a user who is not disabled. $2 its id.
select
    s.user_id,
    u.role,
    s.permissions,
    s.expires_at,
    s.last_used_at,
    s.cookie_digest
from sessions s
join users u on u.tenant_id = s.tenant_id and u.id = s.user_id
where s.tenant_id = $1 and s.id = $2 and s.revoked_at is null and u.disabled_at is null
