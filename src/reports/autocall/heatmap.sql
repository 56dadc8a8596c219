-- A campaign's attempts by local hour of the week, numbered from Sunday 00:00 (1970 began on a Thursday,
-- four days in). $2 campaign, $3 to $9 the plan of the window.
select (local_second / 3600 + 4 * 24) % (7 * 24) as hour_of_week,
       sum(dialed) as dialed,
       sum(answered) as answered
from rolled_autocall_totals($1, 0::smallint, $2, '{0}', $3, $4, $5, $6, $7, $8, $9)
group by 1
