-- Replaces the secrets of webhook $2, unless they have changed: $3 and $4 the stored ones, $5 and $6 the new ones.
update webhooks
set secret = $5, old_secret = $6
where tenant_id = $1 and id = $2 and secret = $3 and old_secret is not distinct from $4
