-- Attempts by hangup cause, the switch's own word; those without one do not count.
-- $2 campaign, $3 to $9 the plan of the window.
select hangup_cause as key, sum(attempts) as count
from rolled_autocall_hangups($1, 0::smallint, $2, '{0}', $3, $4, $5, $6, $7, $8, $9)
group by hangup_cause
having sum(attempts) <> 0
