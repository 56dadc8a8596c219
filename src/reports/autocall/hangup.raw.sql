-- Attempts by the switch's own word for why they ended; those without one do not count.
-- $2 campaign, $3 from, $4 to.
select hangup_cause, count(*) as count
from autocall_attempts
where tenant_id = $1 and campaign_id = $2 and started_at >= $3 and started_at < $4 and hangup_cause is not null
group by hangup_cause
order by count desc, hangup_cause collate "C"
