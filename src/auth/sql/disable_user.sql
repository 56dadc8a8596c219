-- Disables a user. $2 the name's key, $3 now. No row if there is none, or if it is disabled already.
update users
set disabled_at = $3
where tenant_id = $1 and username_key = $2 and disabled_at is null
returning id
