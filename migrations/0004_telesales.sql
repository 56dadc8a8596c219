-- Telesales: agents dialing leads from a pool of caller IDs, and what they made of each call.

create table dispositions (
    tenant_id     bigint not null references tenants,
    code          text collate "C" not null,
    label         text not null,
    category      text not null check (category in ('contact', 'no_contact', 'callback', 'remove')),
    color         text not null check (color ~ '^#[0-9A-Fa-f]{6}$'),
    is_conversion boolean not null default false,
    primary key (tenant_id, code)
);
call callboard_guard('dispositions');

create table caller_ids (
    tenant_id      bigint not null references tenants,
    cid            text collate "C" not null,
    display_name   text,
    carrier        text not null check (carrier in
        ('viettel', 'mobifone', 'vinaphone', 'vietnamobile', 'landline', 'other')),
    cli_type       text not null check (cli_type in
        ('mobile', 'fixed_02x', 'hotline_1900', 'hotline_1800', 'brandname')),
    pool_status    text not null default 'active' check (pool_status in
        ('active', 'cooldown', 'paused', 'disabled')),
    cooldown_until timestamptz,
    daily_cap      integer not null default 200 check (daily_cap >= 1),
    primary key (tenant_id, cid)
);
call callboard_guard('caller_ids');

create table telesales_campaigns (
    tenant_id              bigint not null references tenants,
    id                     bigint not null,
    name                   text not null,
    status                 text not null default 'active' check (status in
        ('draft', 'active', 'paused', 'completed')),
    abandon_rate_limit_pct numeric(9, 6) not null default 3 check (abandon_rate_limit_pct between 0 and 100),
    created_at             timestamptz not null default now(),
    primary key (tenant_id, id)
);
call callboard_guard('telesales_campaigns');

create table telesales_leads (
    tenant_id     bigint not null references tenants,
    id            bigint not null,
    campaign_id   bigint not null,
    phone         text not null, -- E.164 without its plus
    phone_as_sent text not null,
    source        text,
    full_name     text,
    payload       jsonb not null default '{}',
    created_at    timestamptz not null default now(),
    primary key (tenant_id, id),
    foreign key (tenant_id, campaign_id) references telesales_campaigns
);
call callboard_guard('telesales_leads');
create index on telesales_leads (tenant_id, created_at);
create index on telesales_leads (tenant_id, campaign_id, created_at);

create table telesales_calls (
    tenant_id    bigint not null,
    uuid         text collate "C" not null,
    campaign_id  bigint not null,
    lead_id      bigint not null,
    agent_id     bigint,
    cid          text collate "C",
    started_at   timestamptz not null check (started_at >= '1980-01-01 00:00:00+00'),
    answered_at  timestamptz,
    ended_at     timestamptz,
    result       text check (result in
        ('answered', 'no_answer', 'busy', 'failed', 'rejected', 'abandoned', 'blocked')),
    talk_sec     integer not null default 0 check (talk_sec >= 0),
    wrap_sec     integer not null default 0 check (wrap_sec >= 0),
    hangup_cause text,
    disposition  text collate "C",
    primary key (tenant_id, uuid)
);
call callboard_guard('telesales_calls');
create index on telesales_calls (tenant_id, started_at);
create index on telesales_calls (tenant_id, campaign_id, started_at);
