-- Adds template $2, or replaces it: $3 report, $4 layout, $5 logo, $6 now.
insert into export_templates (tenant_id, name, report, layout, logo, created_at, updated_at)
values ($1, $2, $3, $4, $5, $6, $6)
on conflict (tenant_id, name) do update
set report = excluded.report, layout = excluded.layout, logo = excluded.logo, updated_at = excluded.updated_at
