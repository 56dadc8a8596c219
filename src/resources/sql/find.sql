-- One row. $2 id.
select
    {{columns}}
from {{table}} r
where r.tenant_id = $1 and r.id = $2
