-- Calls by disposition, blocked ones included. $2 campaign, $3 agents, $4 team, $5 sources of leads; the plan of the window.
select callboard_short(d.code) as key, min(callboard_short(d.label)) as label, min(d.category) as category,
       min(d.color) as color, sum(c.count) as count
from (select code collate "default" as code, sum(calls) as count
      from {{rolled telesales_dispositions scope=asked campaign=$2 of=$3,$4 sources=$5}} r
      group by code
      having sum(calls) <> 0) c
join dispositions d on d.tenant_id = $1 and d.code = c.code
group by 1
