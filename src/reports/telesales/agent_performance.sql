-- Dials by agent, for agents who have any. $2 the scope of agents' sums, $3 campaign, $4 agents or null,
-- $5 to $11 the plan of the window.
select a.id as key,
       callboard_short(a.name) as name,
       callboard_short(a.username) as username,
       c.dials,
       c.answers,
       c.handling_sec,
       c.conversions
from (select agent_id,
             sum(dials) as dials,
             sum(answers) as answers,
             sum(handling_sec)::bigint as handling_sec,
             sum(conversions) as conversions
      from (select coalesce($4::bigint[], callboard_agents_of_calls($1, $2, $3)) as ids offset 0) g
      cross join lateral rolled_telesales_totals($1, $2, $3, g.ids, $5, $6, $7, $8, $9, $10, $11)
      group by agent_id
      having sum(dials) <> 0) c
join agents a on a.tenant_id = $1 and a.id = c.agent_id
