-- Calls that dialers told, leg by leg (contract, section 10).

-- Each leg as it was told last by the record that knew most. What no field of it holds goes after CALLBOARD_KEEP_RAW; the
-- rest stays, so that a leg that comes late finds its call.
create table dialer_legs (
    tenant_id   bigint not null references tenants,
    source      text not null check (source in ('freeswitch', 'asterisk', 'vicidial')),
    key         text collate "C" not null,
    -- The call that it is part of now.
    call        text collate "C" not null,
    -- src/dialers/leg.rs, without `fields`
    leg         jsonb not null,
    -- Everything that the record said; null when that is gone.
    fields      jsonb,
    received_at timestamptz not null,
    primary key (tenant_id, source, key)
);
call callboard_guard('dialer_legs');
create index on dialer_legs (tenant_id, source, call);
create index dialer_legs_raw on dialer_legs (tenant_id, received_at) where fields is not null;
create policy roll_call on dialer_legs for select
    using (fields is not null and (select current_setting('callboard.roll_call', true)) = 'on');

-- The names that the legs of a call know it by.
create table dialer_names (
    tenant_id bigint not null,
    source    text not null,
    name      text collate "C" not null,
    call      text collate "C" not null,
    primary key (tenant_id, source, name)
);
call callboard_guard('dialer_names');
create index on dialer_names (tenant_id, source, call);

-- The calls that legs were put together to, and where each went.
create table dialer_calls (
    tenant_id   bigint not null,
    source      text not null,
    -- Also the uuid of its attempt or call.
    id          text collate "C" not null,
    -- Null: it is not reported, for the reason in `ignored`.
    module      text check (module in ('autocall', 'telesales')),
    ignored     text,
    campaign_id bigint,
    lead_id     bigint,
    agent_id    bigint,
    -- Null: the records do not tell it, and it is the rank among the lead's attempts.
    attempt_number integer,
    started_at  timestamptz not null,
    -- The ending that decided its result, in the words of the source; null where it was answered, and while it is in progress.
    vocabulary  text,
    ending      text collate "C",
    -- True if no table knows the ending.
    is_unmapped boolean not null default false,
    primary key (tenant_id, source, id),
    check ((module is null) = (ignored is not null))
);
call callboard_guard('dialer_calls');
create index on dialer_calls (tenant_id, vocabulary, ending) where ending is not null;
create index on dialer_calls (tenant_id, source, vocabulary, ending) where is_unmapped;
create index on dialer_calls (tenant_id, lead_id) where module = 'autocall' and attempt_number is null;

-- The account's rules that say where calls go (src/dialers/routing.rs).
create table dialer_routing (
    tenant_id  bigint primary key references tenants,
    routing    jsonb not null,
    updated_at timestamptz not null
);
call callboard_guard('dialer_routing');

-- Campaigns and agents by the names that records know them by, where those are no ids.
create table dialer_known (
    tenant_id bigint not null references tenants,
    kind      text not null check (kind in ('autocall_campaign', 'telesales_campaign', 'agent')),
    name      text collate "C" not null,
    id        bigint not null,
    primary key (tenant_id, kind, name)
);
call callboard_guard('dialer_known');

-- Leads that were made from called numbers. They begin with the earliest call to them, whatever came first.
create table dialer_leads (
    tenant_id bigint not null references tenants,
    module    text not null check (module in ('autocall', 'telesales')),
    lead_id   bigint not null,
    primary key (tenant_id, module, lead_id)
);
call callboard_guard('dialer_leads');
