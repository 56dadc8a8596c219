-- Leads of a list, newest id first, each with its calls a.
select
    {{columns}}
from (
    select l.*
    from {{leads}} l
    where l.tenant_id = $1
      and {{conditions}}
    order by l.id desc
    limit {{limit}}
) l
cross join lateral (
    {{calls}}
) a
order by l.id desc
