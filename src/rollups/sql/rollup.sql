create table {{table}} (
    tenant_id bigint not null,
    scope smallint not null,
    campaign_id bigint not null,
    agent_id bigint not null,
    width smallint not null,
    bucket integer not null,
    {{columns}}
);
create unique index on {{table}} (
    {{key}}
);
call callboard_guard('{{table}}')
