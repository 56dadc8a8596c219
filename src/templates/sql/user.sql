-- Name of a schedule that uses template $2.
select name
from schedules
where tenant_id = $1 and template = $2
order by id
limit 1
