select distinct r.{{lead}} as lead_id
from {{table}}_journal r
where r.tenant_id = $1
  and {{conditions}}
