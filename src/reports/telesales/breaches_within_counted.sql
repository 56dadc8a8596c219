-- Number of the breaches of `breaches_within.sql`.
select count(*)
from abandon_breaches
where tenant_id = $1 and ($2::bigint is null or campaign_id = $2) and detected_at >= $3 and detected_at <= $4
