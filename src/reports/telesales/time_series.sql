-- Dials by local bucket. $2 scope, $3 campaign, $4 agents, $5 to $11 the plan of the window; $12 seconds in a
-- bucket, $13 local seconds to add first (src/time/bucket.rs).
select (local_second + $13) / $12 as bucket,
       sum(dials) as dials,
       sum(answers) as answers,
       sum(talk_sec)::bigint as talk_sec,
       sum(conversions) as conversions
from rolled_telesales_totals($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
group by 1
having sum(dials) <> 0
order by 1
