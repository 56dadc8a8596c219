-- Mapping $2.
select name, mapping, created_at, updated_at
from sheet_mappings
where tenant_id = $1 and name = $2
