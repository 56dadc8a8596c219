-- The file of the job $1, whose row is the only one to be seen: a link says nothing of an account.
select tenant_id as tenant, file_key as key, file_name as name, file_size as size, expires_at
from exports
where id = $1 and status = 'ready'
