-- A campaign's attempts by local bucket. $2 campaign, $3 seconds in a bucket, $4 local seconds to add first
-- (src/time/bucket.rs); the plan of the window.
select (local_second + $4) / $3 as bucket,
       sum(dialed) as dialed,
       sum(answered) as answered,
       sum(talk_sec)::bigint as talk_sec,
       sum(handed_over) as handed_over
from {{rolled autocall_totals scope=campaign campaign=$2}} r
group by 1
having sum(dialed) <> 0
order by 1
limit 100001
