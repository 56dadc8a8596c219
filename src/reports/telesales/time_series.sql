-- Dials by local bucket. $2 scope, $3 campaign, $4 agents, $5 team, $6 seconds in a bucket, $7 local seconds to add first
-- (src/time/bucket.rs); the plan of the window.
select (local_second + $7) / $6 as bucket,
       sum(dials) as dials,
       sum(answers) as answers,
       sum(talk_sec)::bigint as talk_sec,
       sum(conversions) as conversions
from (select coalesce({{members $4 $5}}, '{0}') as ids offset 0) g
cross join lateral {{rolled telesales_totals scope=$2 campaign=$3 agents=g.ids}} r
group by 1
having sum(dials) <> 0
order by 1
