-- Start of the series of recorded breaches that lasts until now, by campaign: no two of it are further apart than the check may
-- be late. $2 campaign or null, $3 now, $4 the earliest breach that is looked at, $5 seconds between two breaches of a series.
with recorded as (
    select campaign_id,
           detected_at,
           lag(detected_at) over (partition by campaign_id order by detected_at) as before
    from abandon_breaches
    where tenant_id = $1 and detected_at >= $4 and detected_at <= $3 and ($2::bigint is null or campaign_id = $2)
)
select campaign_id,
       max(detected_at) filter (
           where before is null or detected_at - before > $5 * interval '1 second'
       ) as since
from recorded
group by campaign_id
having max(detected_at) >= $3 - $5 * interval '1 second'
