-- A page of a list in one row: the keys after place $11 up to $12 with their calls, and the calls of every key of the whole
-- list, for the shares.
{{listed}}
select
    count(*) as total,
    coalesce(array_agg(calls order by place), '{}') as counts,
    coalesce(array_agg(key order by place) filter (where place > $11 and place <= $12), '{}') as keys,
    coalesce(array_agg(calls order by place) filter (where place > $11 and place <= $12), '{}') as calls,
    coalesce(array_agg(answered order by place) filter (where place > $11 and place <= $12), '{}') as answered
from listed
