-- Revokes all open sessions of a user. $2 the user, $3 now.
update sessions
set revoked_at = $3
where tenant_id = $1 and user_id = $2 and revoked_at is null
returning id
