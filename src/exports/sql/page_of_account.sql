-- A page of the account's exports of a report, newest first. $2 limit, $3 offset, $4 report.
select id, report_type, status, error, progress_pct, file_name, file_size, completed_at, expires_at
from exports
where tenant_id = $1 and campaign_id is null and report_type = $4
order by created_at desc, id desc
limit $2 offset $3
