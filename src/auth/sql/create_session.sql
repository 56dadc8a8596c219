-- Creates a session. $2 user, $3 permissions, $4 device, $5 now, $6 expiry, $7 last use; $8 id and $9 digest of a cookie's, or
-- null.
insert into sessions (
    tenant_id,
    user_id,
    permissions,
    device_name,
    created_at,
    expires_at,
    last_used_at,
    id,
    cookie_digest
)
values ($1, $2, $3, $4, $5, $6, $7, coalesce($8, gen_random_uuid()), $9)
returning id
