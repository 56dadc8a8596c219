-- Leads of the ids in $2 that are stored.
select id from {{leads}} where tenant_id = $1 and id = any ($2)
