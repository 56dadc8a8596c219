-- A reader of the agents that a request names, which are looked up once.
select r.*
from (
    select {{members}} as ids
    offset 0
) g
cross join lateral (
    {{reader}}
) r
