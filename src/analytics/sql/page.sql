-- A page of a list in one row: the keys after a place up to another with their calls, and the calls of every key of the whole
-- list, for the shares.
{{listed}}
select
    count(*) as total,
    coalesce(array_agg(calls order by place), '{}') as counts,
    coalesce(array_agg(key order by place) filter (where place > {{before}} and place <= {{through}}), '{}') as keys,
    coalesce(array_agg(calls order by place) filter (where place > {{before}} and place <= {{through}}), '{}') as calls,
    coalesce(array_agg(answered order by place) filter (where place > {{before}} and place <= {{through}}), '{}') as answered
from listed
