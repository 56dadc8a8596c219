-- Calls that are part of others now.
delete from dialer_calls where tenant_id = $1 and source = $2 and id = any ($3)
