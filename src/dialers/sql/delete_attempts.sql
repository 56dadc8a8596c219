delete from autocall_attempts where tenant_id = $1 and uuid = any ($2)
