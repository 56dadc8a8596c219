-- Every key of a list.
select
    key,
    calls,
    answered
from (
    {{counted}}
) counted
