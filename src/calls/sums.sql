-- Number of calls by sums. $2 campaign, $3 agents, $4 team, $5 sources of leads, $6 key, $7 local day of the week, $8 local
-- hour, each of which may be null; the plan of the window. Hours are numbered from Sunday 00:00 (1970 began on a Thursday).
select coalesce(sum({{counters}}), 0)::bigint as total
from {{rolled {{rollup}} scope=asked campaign=$2 of=$3,$4 sources=$5}} r
where ($6::text is null or {{key}} = $6::text)
  and ($7::bigint is null or (local_second / 3600 + 4 * 24) % (7 * 24) / 24 = $7::bigint)
  and ($8::bigint is null or (local_second / 3600 + 4 * 24) % 24 = $8::bigint)
