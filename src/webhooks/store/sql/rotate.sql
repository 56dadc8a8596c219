-- Gives webhook $2 secret $3; the one before it signs until $4. $5 time.
update webhooks
set old_secret = secret, secret = $3, old_secret_until = $4, updated_at = $5
where tenant_id = $1 and id = $2
