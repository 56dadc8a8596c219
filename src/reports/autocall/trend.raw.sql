-- A campaign's attempts by local bucket. $2 campaign, $3 seconds in a bucket, $4 local seconds to add first
-- (src/time/bucket.rs); $5, $6, $7 the window's segments.
select (callboard_local_second(a.started_at, s.utc_offset) + $4) / $3 as bucket,
       count(*) as dialed,
       count(*) filter (where result = 'answered') as answered,
       coalesce(sum(billsec) filter (where result = 'answered'), 0)::bigint as talk_sec,
       count(*) filter (where callboard_handed_over(transfer)) as handed_over
from unnest($5::timestamptz[], $6::timestamptz[], $7::integer[]) as s (begins, ends, utc_offset)
join autocall_attempts a
  on a.tenant_id = $1 and a.campaign_id = $2 and a.started_at >= s.begins and a.started_at < s.ends
group by 1
order by 1
limit 100001
