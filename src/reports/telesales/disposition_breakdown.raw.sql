-- Calls by disposition, blocked ones included. $2 from, $3 to, $4 campaign, $5 agents, $6 team, $7 sources of leads.
select callboard_short(d.code) as key, min(callboard_short(d.label)) as label, min(d.category) as category,
       min(d.color) as color, sum(c.count) as count
from (select disposition as code, count(*) as count
      from callboard_calls($1, $2, $3, $4, $5) c
      left join telesales_leads l on l.tenant_id = $1 and l.id = c.lead_id
      where {{in_team c $6}} and {{from_source l $7}}
      group by disposition) c
join dispositions d on d.tenant_id = $1 and d.code = c.code
group by 1
