-- A page of a campaign's exports, newest first. $2 campaign, $3 limit, $4 offset.
select id, report_type, status, error, progress_pct, file_name, file_size, completed_at, expires_at
from exports
where tenant_id = $1 and campaign_id = $2
order by created_at desc, id desc
limit $3 offset $4
