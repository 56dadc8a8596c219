-- Files that are kept until $2 or before.
select id, file_key
from schedule_runs
where tenant_id = $1 and file_key is not null and expires_at <= $2
limit 1000
