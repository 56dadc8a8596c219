select {{columns}}
from (values
    ({{:window_from}}, least({{:hours_from}}, {{:window_to}})),
    (greatest({{:hours_to}}, {{:window_from}}), {{:window_to}})
) e (begins, ends)
cross join lateral (
    select *
    from {{table}} r
    where r.tenant_id = $1
      and r.{{at}} >= e.begins
      and r.{{at}} < e.ends
      and {{conditions}}
    offset 0
) r
where e.begins < e.ends
