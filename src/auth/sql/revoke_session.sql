-- Revokes a session. $2 its id, $3 now. No row if it is revoked already.
update sessions
set revoked_at = $3
where tenant_id = $1 and id = $2 and revoked_at is null
returning user_id
