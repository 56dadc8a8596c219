create table {{table}} (
    tenant_id bigint not null,
    campaign_id bigint not null,
    agent_id bigint not null,
    bucket integer not null,
    scope smallint not null,
    width smallint not null,
    {{columns}}
);
create unique index on {{table}} (
    {{key}}
);
call callboard_guard('{{table}}')
