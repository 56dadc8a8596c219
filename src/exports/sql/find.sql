-- One export of a campaign, or of the account if $2 is null, for its client. $3 export, $4 its report, or null for any.
select id, report_type, status, error, progress_pct, file_name, file_size, completed_at, expires_at
from exports
where tenant_id = $1 and campaign_id is not distinct from $2 and id = $3 and ($4::text is null or report_type = $4)
