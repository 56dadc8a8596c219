-- Marks jobs expired whose files are deleted: those kept until $2 or before. $3 ids.
update exports
set status = 'expired', file_key = null
where tenant_id = $1 and id = any ($3) and status = 'ready' and expires_at <= $2
