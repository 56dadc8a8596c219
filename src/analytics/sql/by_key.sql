-- Counters of attempts by key, from a roll-up: $2 scope, $3 template or null; the plan of the window.
select
    {{key}} as key,
    sum({{calls}})::bigint as calls,
    sum({{answered}})::bigint as answered,
    sum({{seconds}})::bigint as seconds,
    null::integer as shortest,
    null::integer as longest
from unnest(coalesce(case when $3::text is not null then callboard_playing($1, $3) end, '{0}')) c (id)
cross join lateral {{rollup}} r
group by 1
having sum({{calls}}) <> 0
