-- Rows of a list in order.
{{listed}}
select
    key,
    {{columns}}
from listed
order by place
