-- Number of leads of a list.
select count(*)
from {{leads}} l
where l.tenant_id = $1
  and {{conditions}}
