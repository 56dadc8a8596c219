delete from telesales_calls where tenant_id = $1 and uuid = any ($2)
