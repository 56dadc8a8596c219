-- Template $2.
select name, report, layout, logo, logo is not null as has_logo, created_at, updated_at
from export_templates
where tenant_id = $1 and name = $2
