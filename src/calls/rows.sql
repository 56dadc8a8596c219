-- Calls of a list in its order, each with the names that it refers to.
select
    {{columns}},
    {{call}}.lead_id as lead_key,
    {{phone}} as phone,
    callboard_short(n.name) as campaign_name,
    callboard_short(g.name) as agent_name
from (
    select {{call}}.*
    from {{table}} {{call}}
    left join {{leads}} l on l.tenant_id = $1 and l.id = {{call}}.lead_id
    where {{call}}.tenant_id = $1
      and {{conditions}}
    order by {{order}}
    limit {{limit}}
) {{call}}
left join {{leads}} l on l.tenant_id = $1 and l.id = {{call}}.lead_id
left join {{campaigns}} n on n.tenant_id = $1 and n.id = {{call}}.campaign_id
left join agents g on g.tenant_id = $1 and g.id = {{call}}.agent_id
order by {{order}}
