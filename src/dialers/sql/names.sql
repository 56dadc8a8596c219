-- The calls that names in $3 stand for.
select name, call from dialer_names where tenant_id = $1 and source = $2 and name = any ($3)
