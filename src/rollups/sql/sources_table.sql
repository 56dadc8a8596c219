create table telesales_source_links (
    tenant_id bigint not null,
    campaign_id bigint not null,
    scope smallint not null,
    width smallint not null,
    later_width smallint not null,
    bucket integer not null,
    later_bucket integer not null,
    source text collate "C" not null,
    {{columns}}
);
-- A source can be too long for an index.
create unique index on telesales_source_links (
    tenant_id, campaign_id, scope, width, later_width, bucket, later_bucket, callboard_key(source)
);
call callboard_guard('telesales_source_links')
