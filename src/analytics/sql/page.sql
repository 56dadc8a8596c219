-- A page of a list in one row: its keys with their calls, those behind place $11 up to $12, and how many calls each key
-- of the whole list has, which their shares are made of.
select count(*) as total,
       coalesce(array_agg(calls order by place), '{}') as counts,
       coalesce(array_agg(key order by place) filter (where place > $11 and place <= $12), '{}') as keys,
       coalesce(array_agg(calls order by place) filter (where place > $11 and place <= $12), '{}') as calls,
       coalesce(array_agg(answered order by place) filter (where place > $11 and place <= $12), '{}') as answered
from listed
