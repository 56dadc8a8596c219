-- A page of templates by name, without their logos. $2 limit, $3 offset.
select name, report, layout, null::text as logo, logo is not null as has_logo, created_at, updated_at
from export_templates
where tenant_id = $1
order by name
limit $2 offset $3
