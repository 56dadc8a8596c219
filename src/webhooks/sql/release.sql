-- Releases the deliveries of $3 that are held by claim $2.
update webhook_deliveries
set claim = null, leased_until = null
where tenant_id = $1 and id = any ($3) and claim = $2 and status = 'pending'
