-- Number of calls of a list.
select count(*)
from {{table}} {{call}}
left join {{leads}} l on l.tenant_id = $1 and l.id = {{call}}.lead_id
where {{call}}.tenant_id = $1
  and {{conditions}}
