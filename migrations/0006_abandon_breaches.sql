-- What the minute check found: campaigns whose abandon rate was above their limit, and when.

create table abandon_breaches (
    tenant_id          bigint not null references tenants,
    id                 bigint generated always as identity,
    campaign_id        bigint not null,
    attempts_total     bigint not null,
    attempts_abandoned bigint not null,
    window_minutes     bigint not null,
    window_from        timestamptz not null,
    window_to          timestamptz not null,
    campaign_name      text not null,
    limit_pct          numeric(9, 6) not null,
    detected_at        timestamptz not null,
    primary key (tenant_id, id),
    foreign key (tenant_id, campaign_id) references telesales_campaigns
);
call callboard_guard('abandon_breaches');
create index on abandon_breaches (tenant_id, campaign_id, detected_at);
create index on abandon_breaches (tenant_id, detected_at);

-- Work on behalf of every account, one after the other, needs to know which there are. It sees the list of
-- accounts only, and only in the transaction that says so (Database::tenants); no row of theirs.
create policy roll_call on tenants for select
    using (current_setting('callboard.roll_call', true) = 'on');
