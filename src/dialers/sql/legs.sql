-- The legs of the calls in $3.
select call, leg, fields from dialer_legs where tenant_id = $1 and source = $2 and call = any ($3) order by key
