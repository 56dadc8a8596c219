insert into {{to}}
select *
from {{from}}
where tenant_id = $1
  and (bucket + 1) * width <= (select callboard_quarter(callboard_complete_from($1)))
