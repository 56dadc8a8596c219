-- Totals of the calls in a window. $2 scope, $3 campaign, $4 agents; $5 the scope of sums by agent, $6 its agents or null; the
-- plan of that scope, then that of the window.
select coalesce(sum(dials), 0) as dials,
       coalesce(sum(answers), 0) as answers,
       coalesce(sum(talk_sec), 0)::bigint as talk_sec,
       (select count(*)
        from {{rolled agents_dialing scope=$5 campaign=$3 agents=$6 plan=of_agents}} dialing) as agents,
       coalesce(sum(blocked), 0) as blocked
from {{rolled telesales_totals scope=$2 campaign=$3 agents=$4}} r
