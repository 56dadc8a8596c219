-- Those of the leads $2 whose payload has every key of $3, each with its value there.
select l.id
from unnest($2::bigint[]) c (id)
join autocall_leads l on l.tenant_id = $1 and l.id = c.id
where l.payload @> $3
