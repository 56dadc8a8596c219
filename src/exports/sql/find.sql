-- One export of a campaign, for its client. $2 campaign, $3 export.
select id, report_type, status, error, progress_pct, file_name, file_size, completed_at, expires_at
from exports
where tenant_id = $1 and campaign_id = $2 and id = $3
