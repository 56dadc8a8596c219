-- Cancels a queued or running job. $3 campaign, null for one of the account, $4 error for the client, $5 time, $6 its report, or
-- null for any.
update exports
set status = 'failed', error = $4, completed_at = $5, claim = null, leased_until = null
where tenant_id = $1 and id = $2 and campaign_id is not distinct from $3 and status in ('queued', 'running')
  and ($6::text is null or report_type = $6)
