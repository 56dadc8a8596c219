-- Recorded breaches, newest first. $2 campaign or null, $3 the most rows, $4 rows before them.
select campaign_id, attempts_total, attempts_abandoned, window_minutes, window_from, window_to,
       callboard_short(campaign_name) as campaign_name, limit_pct, detected_at
from abandon_breaches
where tenant_id = $1 and ($2::bigint is null or campaign_id = $2)
order by detected_at desc, id desc
limit $3 offset $4
