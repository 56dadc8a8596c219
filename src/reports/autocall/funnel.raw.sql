-- Distinct leads by stage. $2 campaign, $3 from, $4 to; $5 the keys with an action in the script, null if it defines none: then
-- any key counts.
select (select count(*) from autocall_leads l
        where l.tenant_id = $1 and l.campaign_id = $2 and l.created_at < $4
          and l.created_at >= callboard_complete_from($1)) as imported,
       count(distinct lead_id) as dialed,
       count(distinct lead_id) filter (where result = 'answered') as answered,
       count(distinct lead_id) filter (where result = 'answered' and dtmf <> ''
                                         and ($5::text[] is null or right(dtmf, 1) = any ($5))) as pressed,
       count(distinct lead_id) filter (where callboard_handed_over(transfer)) as handed_over,
       count(distinct lead_id) filter (where agent_disposition is not null) as disposed
from autocall_attempts
where tenant_id = $1 and campaign_id = $2 and started_at >= $3 and started_at < $4
