-- Those of the campaigns $2 that the tenant does not have.
select named.id
from unnest($2::bigint[]) as named (id)
where not exists (select from autocall_campaigns c where c.tenant_id = $1 and c.id = named.id)
order by named.id
