-- Mappings of spreadsheets: columns to fields, by name (contract, section 10).

create table sheet_mappings (
    tenant_id   bigint not null references tenants,
    name        text collate "C" not null,
    -- {"kind", "timezone", "date_format", "columns", "values"}
    mapping     jsonb not null,
    created_at  timestamptz not null,
    updated_at  timestamptz not null,
    primary key (tenant_id, name)
);
call callboard_guard('sheet_mappings');
