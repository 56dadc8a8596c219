-- Calls by disposition, blocked ones included. $2 scope, $3 campaign, $4 agents, $5 team; the plan of the window.
select callboard_short(d.code) as key, min(callboard_short(d.label)) as label, min(d.category) as category,
       min(d.color) as color, sum(c.count) as count
from (select code collate "default" as code, sum(calls) as count
      from (select coalesce({{members $4 $5}}, '{0}') as ids offset 0) g
      cross join lateral {{rolled telesales_dispositions scope=$2 campaign=$3 agents=g.ids}} r
      group by code
      having sum(calls) <> 0) c
join dispositions d on d.tenant_id = $1 and d.code = c.code
group by 1
