-- Cancels a queued or running job. $3 campaign, $4 error for the client, $5 time.
update exports
set status = 'failed', error = $4, completed_at = $5, claim = null, leased_until = null
where tenant_id = $1 and id = $2 and campaign_id = $3 and status in ('queued', 'running')
