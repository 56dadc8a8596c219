-- Regroups counters by hour, day or week `key` into the requested unit, from the first to the last requested bucket.
-- Months have no fixed length: their days are regrouped.
select
    key,
    sum(calls)::bigint as calls,
    sum(answered)::bigint as answered,
    sum(seconds)::bigint as seconds,
    min(shortest) as shortest,
    max(longest) as longest
from (
    select
        case when {{by_month}}::boolean then callboard_month(c.key) else c.key end as key,
        c.calls,
        c.answered,
        c.seconds,
        c.shortest,
        c.longest
    from (
        {{counted}}
    ) c
) d
where key between {{first}} and {{last}}
group by key
