-- Templates: layouts of files, by name (contract, section 14).

create table export_templates (
    tenant_id   bigint not null references tenants,
    name        text collate "C" not null,
    -- The product and the name of a report: 'telesales.dashboard'.
    report      text not null,
    -- {"title", "columns", "sort", "conditional", "about"}
    layout      jsonb not null,
    -- A picture in base64, apart from the layout because lists of templates leave it out.
    logo        text,
    created_at  timestamptz not null,
    updated_at  timestamptz not null,
    primary key (tenant_id, name)
);
call callboard_guard('export_templates');
