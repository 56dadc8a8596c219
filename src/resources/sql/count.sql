-- Number of rows. Filters from $2 on.
select count(*)
from {{table}} r
where r.tenant_id = $1
  and {{filter}}
