-- Totals of the calls in a window. $2 campaign, $3 agents, $4 team, $5 sources of leads; the plan of sums by agent, then that of the window.
select coalesce(sum(dials), 0) as dials,
       coalesce(sum(answers), 0) as answers,
       coalesce(sum(talk_sec), 0)::bigint as talk_sec,
       (select count(*)
        from (select {{members $3 $4}} as ids offset 0) g
        cross join lateral {{rolled agents_dialing scope=asked_agents campaign=$2 agents=g.ids sources=$5 plan=of_agents}} dialing) as agents,
       coalesce(sum(blocked), 0) as blocked
from {{rolled telesales_totals scope=asked campaign=$2 of=$3,$4 sources=$5}} r
