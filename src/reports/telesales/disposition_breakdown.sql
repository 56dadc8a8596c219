-- Calls by disposition, blocked ones included. $2 scope, $3 campaign, $4 agents, $5 to $11 the plan of the window.
select d.code, d.label, d.category, d.color, c.count
from (select code, sum(calls) as count
      from rolled_telesales_dispositions($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
      group by code
      having sum(calls) <> 0) c
join dispositions d on d.tenant_id = $1 and d.code = c.code
order by c.count desc, d.code collate "C"
