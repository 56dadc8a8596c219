-- Enables a user. $2 the name's key. No row if there is none, or if it is enabled already.
update users
set disabled_at = null
where tenant_id = $1 and username_key = $2 and disabled_at is not null
returning id
