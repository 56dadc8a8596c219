-- A campaign's attempts by local bucket. $2 campaign, $3 to $9 the plan of the window; $10 seconds in a bucket,
-- $11 local seconds to add first (src/time/bucket.rs).
select (local_second + $11) / $10 as bucket,
       sum(dialed) as dialed,
       sum(answered) as answered,
       sum(talk_sec)::bigint as talk_sec,
       sum(handed_over) as handed_over
from rolled_autocall_totals($1, 0::smallint, $2, '{0}', $3, $4, $5, $6, $7, $8, $9)
group by 1
having sum(dialed) <> 0
order by 1
limit 100001
