-- Dials by local bucket. $2 campaign, $3 agents, $4 team, $5 sources of leads, $6 seconds in a bucket, $7 local seconds to add first
-- (src/time/bucket.rs); the plan of the window.
select (local_second + $7) / $6 as bucket,
       sum(dials) as dials,
       sum(answers) as answers,
       sum(talk_sec)::bigint as talk_sec,
       sum(conversions) as conversions
from {{rolled telesales_totals scope=asked campaign=$2 of=$3,$4 sources=$5}} r
group by 1
having sum(dials) <> 0
order by 1
