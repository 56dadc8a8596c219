-- Dials by agent, without agents that have none, for a scope with agents. $2 campaign, $3 agents, $4 team, $5 sources of leads; the plan of the window.
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
      from (select coalesce({{members $3 $4}}, {{rolled agents_of_calls scope=asked campaign=$2}}) as ids offset 0) g
      cross join lateral {{rolled telesales_totals scope=asked campaign=$2 agents=g.ids sources=$5}} r
      group by agent_id
      having sum(dials) <> 0) c
join agents a on a.tenant_id = $1 and a.id = c.agent_id
