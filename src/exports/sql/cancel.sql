-- Ends a job that waits or is worked on. $3 its campaign, $4 what its client is told, $5 when.
update exports
set status = 'failed', error = $4, completed_at = $5, claim = null, leased_until = null
where tenant_id = $1 and id = $2 and campaign_id = $3 and status in ('queued', 'running')
