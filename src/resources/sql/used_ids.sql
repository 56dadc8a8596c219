-- Ids from $2 up to, but not including, $3 that a row of the tenant has, of any kind.
select id from autocall_scripts where tenant_id = $1 and id >= $2 and id < $3
union all
select id from autocall_campaigns where tenant_id = $1 and id >= $2 and id < $3
union all
select id from autocall_leads where tenant_id = $1 and id >= $2 and id < $3
union all
select id from media_files where tenant_id = $1 and id >= $2 and id < $3
union all
select id from telesales_campaigns where tenant_id = $1 and id >= $2 and id < $3
union all
select id from telesales_leads where tenant_id = $1 and id >= $2 and id < $3
union all
select id from teams where tenant_id = $1 and id >= $2 and id < $3
union all
select id from agents where tenant_id = $1 and id >= $2 and id < $3
union all
select id from webhooks where tenant_id = $1 and id >= $2 and id < $3
