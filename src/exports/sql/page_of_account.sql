-- A page of the account's exports of calls, newest first. $2 limit, $3 offset.
select id, report_type, status, error, progress_pct, file_name, file_size, completed_at, expires_at
from exports
where tenant_id = $1 and campaign_id is null
order by created_at desc, id desc
limit $2 offset $3
