-- Attempts by hangup cause, as named by the switch; attempts without one are left out.
-- $2 campaign, $3 from, $4 to.
select callboard_short(hangup_cause) as key, count(*) as count
from autocall_attempts
where tenant_id = $1 and campaign_id = $2 and started_at >= $3 and started_at < $4 and hangup_cause is not null
group by 1
