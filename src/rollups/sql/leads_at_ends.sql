select r.{{lead}} as lead_id
from {{table}} r
where r.tenant_id = $1
  and r.{{at}} >= {{:window_from}}
  and r.{{at}} < least({{:hours_from}}, {{:window_to}})
  and {{conditions}}
union
select r.{{lead}} as lead_id
from {{table}} r
where r.tenant_id = $1
  and r.{{at}} >= greatest({{:hours_to}}, {{:window_from}})
  and r.{{at}} < {{:window_to}}
  and {{conditions}}
