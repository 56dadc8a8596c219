-- Dials by local hour of the week, numbered from Sunday 00:00 (1970 began on a Thursday, four days in).
-- $2 scope, $3 campaign, $4 agents, $5 team; the plan of the window.
select (local_second / 3600 + 4 * 24) % (7 * 24) as hour_of_week,
       sum(dials) as dials,
       sum(answers) as answered
from (select coalesce({{members $4 $5}}, '{0}') as ids offset 0) g
cross join lateral {{rolled telesales_totals scope=$2 campaign=$3 agents=g.ids}} r
group by 1
