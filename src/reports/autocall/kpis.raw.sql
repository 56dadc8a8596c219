-- The counters of a campaign's attempts in a window. $2 campaign, $3 from, $4 to.
select (select count(*) from autocall_leads l where l.tenant_id = $1 and l.campaign_id = $2
          and l.created_at >= callboard_complete_from($1)) as total_leads,
       count(*) as dialed,
       count(*) filter (where result = 'answered') as answered,
       count(*) filter (where result = 'no_answer') as no_answer,
       count(*) filter (where result = 'busy') as busy,
       count(*) filter (where result = 'failed') as failed,
       count(*) filter (where result = 'abandoned') as abandoned,
       coalesce(sum(billsec) filter (where result = 'answered'), 0)::bigint as talk_sec,
       count(*) filter (where callboard_handed_over(transfer)) as handed_over,
       count(*) filter (where transfer = 'connected') as connected
from autocall_attempts
where tenant_id = $1 and campaign_id = $2 and started_at >= $3 and started_at < $4
