-- A page of mappings by name. $2 limit, $3 offset.
select name, mapping, created_at, updated_at
from sheet_mappings
where tenant_id = $1
order by name
limit $2 offset $3
