-- The file of run $1, the only visible row: a link does not name a tenant.
select tenant_id as tenant, file_key as key, file_name as name, bytes as size, expires_at
from schedule_runs
where id = $1 and file_key is not null
