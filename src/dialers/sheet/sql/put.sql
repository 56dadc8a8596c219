-- Adds mapping $2, or replaces it: $3 mapping, $4 now.
insert into sheet_mappings (tenant_id, name, mapping, created_at, updated_at)
values ($1, $2, $3, $4, $4)
on conflict (tenant_id, name) do update set mapping = excluded.mapping, updated_at = excluded.updated_at
