-- Results that accounts give to causes, dispositions and statuses, and records that could not be read (contract, section 10).

create table dialer_causes (
    tenant_id  bigint not null references tenants,
    vocabulary text not null check (vocabulary in ('cause', 'disposition', 'dialstatus', 'status')),
    -- In the one spelling of src/dialers/causes.rs.
    name       text collate "C" not null,
    result     text not null,
    primary key (tenant_id, vocabulary, name)
);
call callboard_guard('dialer_causes');

-- Endings whose result has changed, until the calls that ended so are mapped anew.
create table dialer_remaps (
    tenant_id    bigint not null references tenants,
    vocabulary   text not null check (vocabulary in ('cause', 'disposition', 'dialstatus', 'status')),
    name         text collate "C" not null,
    requested_at timestamptz not null,
    primary key (tenant_id, vocabulary, name)
);
call callboard_guard('dialer_remaps');
create policy roll_call on dialer_remaps for select
    using ((select current_setting('callboard.roll_call', true)) = 'on');

create table dialer_quarantine (
    tenant_id   bigint not null references tenants,
    -- UUIDv7: ids sort by the time at which the records came.
    id          uuid not null,
    source      text not null,
    -- The way in which its door is to read it again.
    door        jsonb not null,
    reason      text not null,
    received_at timestamptz not null,
    size        integer not null,
    body        bytea not null,
    primary key (tenant_id, id)
);
call callboard_guard('dialer_quarantine');
create policy roll_call on dialer_quarantine for select
    using ((select current_setting('callboard.roll_call', true)) = 'on');
