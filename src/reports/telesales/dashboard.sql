-- Totals of the calls in a window. $2 scope, $3 campaign, $4 agents, $5 team; $6 the scope of sums by agent; the plan of that
-- scope, then that of the window.
select coalesce(sum(dials), 0) as dials,
       coalesce(sum(answers), 0) as answers,
       coalesce(sum(talk_sec), 0)::bigint as talk_sec,
       (select count(*)
        from (select {{members $4 $5}} as ids offset 0) g
        cross join lateral {{rolled agents_dialing scope=$6 campaign=$3 agents=g.ids plan=of_agents}} dialing) as agents,
       coalesce(sum(blocked), 0) as blocked
from (select coalesce({{members $4 $5}}, '{0}') as ids offset 0) g
cross join lateral {{rolled telesales_totals scope=$2 campaign=$3 agents=g.ids}} r
