-- A page of rows. Filters from $2 on, then the limit and the offset.
select
    {{columns}}
from {{table}} r
where r.tenant_id = $1
  and {{filter}}
order by {{order}}
limit ${{limit}} offset ${{offset}}
