delete from {{calls}} where tenant_id = $1 and uuid = any ($2)
