-- Breaches recorded in a window, oldest first. $2 campaign or null; $3, $4 the window, its end included, because a breach is recorded
-- at the end of the time that it is about.
select campaign_id, attempts_total, attempts_abandoned, window_minutes, window_from, window_to,
       callboard_short(campaign_name) as campaign_name, limit_pct, detected_at
from abandon_breaches
where tenant_id = $1 and ($2::bigint is null or campaign_id = $2) and detected_at >= $3 and detected_at <= $4
order by detected_at, id
