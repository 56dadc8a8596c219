-- Answered attempts by deciding key (the last one pressed); without a key, the empty text.
-- $2 campaign, $3 from, $4 to.
select right(dtmf, 1) as digit, count(*) as count
from autocall_attempts
where tenant_id = $1 and campaign_id = $2 and started_at >= $3 and started_at < $4 and result = 'answered'
group by 1
order by count desc, right(dtmf, 1) collate "C"
