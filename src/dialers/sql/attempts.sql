-- The attempts of the leads in $2.
select lead_id, started_at, uuid from autocall_attempts where tenant_id = $1 and lead_id = any ($2)
