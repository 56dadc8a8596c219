select r.lead_id,
       callboard_bucket(r.quarter, 4) as hour,
       {{mask}} as stages,
       sum(r.weight) as n
from {{table}}_journal r
where r.tenant_id = $1
  and r.quarter >= callboard_quarter({{:hours_from}})
  and r.quarter < callboard_quarter({{:hours_to}})
  and {{conditions}}
group by 1, 2, 3
having sum(r.weight) <> 0
