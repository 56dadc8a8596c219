-- Sessions, oldest first. $2 the key of a user's name, or null.
select
    s.id,
    u.username,
    case when s.cookie_digest is null then 'token' else 'cookie' end as carrier,
    s.permissions,
    s.device_name,
    s.created_at,
    s.expires_at,
    s.last_used_at,
    s.revoked_at
from sessions s
join users u on u.tenant_id = s.tenant_id and u.id = s.user_id
where s.tenant_id = $1 and ($2::text is null or u.username_key = $2)
order by s.created_at, s.id
