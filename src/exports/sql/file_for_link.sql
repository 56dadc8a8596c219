-- The file of job $1, the only visible row: a link does not name a tenant.
select tenant_id as tenant, file_key as key, file_name as name, file_size as size, expires_at
from exports
where id = $1 and status = 'ready'
