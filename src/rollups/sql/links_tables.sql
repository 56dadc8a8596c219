-- Lead history of {{name}}: the rows that links were made of, by hour and stages, as of the last compaction.
create table {{name}}_trail (
    tenant_id bigint not null,
    campaign_id bigint not null,
    lead_id bigint not null,
    hour integer not null,
    n integer not null,
    stages smallint not null,
    primary key (tenant_id, {{lead_key}}, stages)
);
call callboard_guard('{{name}}_trail');
create table {{name}}_links (
    tenant_id bigint not null,
    campaign_id bigint not null,
    scope smallint not null,
    width smallint not null,
    later_width smallint not null,
    bucket integer not null,
    later_bucket integer not null,
    {{columns}},
    primary key (tenant_id, campaign_id, scope, width, later_width, bucket, later_bucket)
);
call callboard_guard('{{name}}_links')
