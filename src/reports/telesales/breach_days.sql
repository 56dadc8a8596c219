-- Recorded breaches by campaign and local day, as days since 1970, with the highest rate of each day as dials and abandoned ones, and
-- when it was seen. $2 campaign or null; $3, $4, $5 the segments of the days.
select b.campaign_id,
       callboard_local_second(b.detected_at, s.utc_offset) / 86400 as day,
       count(*) as breaches,
       (array_agg(b.attempts_total order by b.attempts_abandoned::numeric / b.attempts_total desc, b.detected_at))[1] as dials,
       (array_agg(b.attempts_abandoned order by b.attempts_abandoned::numeric / b.attempts_total desc, b.detected_at))[1] as abandoned,
       (array_agg(b.detected_at order by b.attempts_abandoned::numeric / b.attempts_total desc, b.detected_at))[1] as at
from unnest($3::timestamptz[], $4::timestamptz[], $5::integer[]) as s (begins, ends, utc_offset)
join abandon_breaches b
  on b.tenant_id = $1 and b.detected_at >= s.begins and b.detected_at < s.ends and ($2::bigint is null or b.campaign_id = $2)
where b.attempts_total > 0
group by 1, 2
order by 1, 2
