-- Calls by disposition, blocked ones included. $2 from, $3 to, $4 campaign, $5 agents.
select d.code, d.label, d.category, d.color, count(*) as count
from callboard_calls($1, $2, $3, $4, $5) c
join dispositions d on d.tenant_id = $1 and d.code = c.disposition
group by d.code, d.label, d.category, d.color
order by count desc, d.code collate "C"
