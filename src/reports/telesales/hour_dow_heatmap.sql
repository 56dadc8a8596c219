-- Dials by local hour of the week, numbered from Sunday 00:00 (1970 began on a Thursday, four days in).
-- $2 scope, $3 campaign, $4 agents, $5 to $11 the plan of the window.
select (local_second / 3600 + 4 * 24) % (7 * 24) as hour_of_week,
       sum(dials) as dials,
       sum(answers) as answered
from rolled_telesales_totals($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
group by 1
