-- Attempts by hangup cause, as named by the switch; attempts without one are left out.
-- $2 campaign; the plan of the window.
select hangup_cause as key, sum(attempts) as count
from {{rolled autocall_hangups scope=campaign campaign=$2}} r
group by hangup_cause
having sum(attempts) <> 0
