-- Dials by local hour of the week, numbered from Sunday 00:00 (1970 began on a Thursday, four days in).
-- $2 campaign, $3 agents, $4 team, $5 sources of leads; the plan of the window.
select (local_second / 3600 + 4 * 24) % (7 * 24) as hour_of_week,
       sum(dials) as dials,
       sum(answers) as answered
from {{rolled telesales_totals scope=asked campaign=$2 of=$3,$4 sources=$5}} r
group by 1
