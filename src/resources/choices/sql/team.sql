-- A team. $2 its id.
select from teams where tenant_id = $1 and id = $2::bigint
