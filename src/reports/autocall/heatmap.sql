-- A campaign's attempts by local hour of the week, numbered from Sunday 00:00 (1970 began on a Thursday,
-- four days in). $2 campaign; the plan of the window.
select (local_second / 3600 + 4 * 24) % (7 * 24) as hour_of_week,
       sum(dialed) as dialed,
       sum(answered) as answered
from {{rolled autocall_totals scope=campaign campaign=$2}} r
group by 1
