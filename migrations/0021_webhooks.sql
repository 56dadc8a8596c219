-- Webhooks and their deliveries (contract, section 9).
--
-- A delivery is one event on its way to one webhook. It is written in the transaction of the event, by the triggers of
-- 0022_events.sql, so that neither exists without the other. Its body is made of `event` and `data` when it is sent.

create table webhooks (
    tenant_id         bigint not null references tenants,
    id                bigint not null,
    url               text not null,
    -- Names of events, prefixes that end in '.*', or '*'.
    events            text[] not null,
    description       text,
    status            text not null default 'active' check (status in ('active', 'paused', 'suspended')),
    -- Encrypted (src/webhooks/secret.rs).
    secret            bytea not null,
    old_secret        bytea,
    old_secret_until  timestamptz,
    suspended_at      timestamptz,
    last_success_at   timestamptz,
    last_failure_at   timestamptz,
    last_error        text,
    failures_in_a_row integer not null default 0,
    -- The first of these failures.
    failing_since     timestamptz,
    created_at        timestamptz not null,
    updated_at        timestamptz not null,
    primary key (tenant_id, id)
);
call callboard_guard('webhooks');

create table webhook_deliveries (
    tenant_id       bigint not null,
    -- UUIDv7: ids sort by the order of the events.
    id              uuid not null,
    webhook_id      bigint not null,
    event           text not null,
    -- The lead, call or campaign of the event: first tries of one subject go to a webhook in order. Null: no order.
    subject         text,
    -- Facts of the event; instants as Postgres prints them in JSON.
    data            jsonb not null,
    -- The instant at which the event was written.
    created_at      timestamptz not null,

    status          text not null default 'pending' check (status in ('pending', 'delivered', 'failed')),
    attempts        integer not null default 0,
    -- True once its first try has an answer, or has run out of time.
    is_answered     boolean not null default false,
    next_attempt_at timestamptz,
    claim           uuid,
    leased_until    timestamptz,
    response_status smallint,
    response_body   text,
    error           text,
    delivered_at    timestamptz,

    primary key (tenant_id, id),
    foreign key (tenant_id, webhook_id) references webhooks on delete cascade,
    check ((next_attempt_at is not null) = (status = 'pending'))
);
call callboard_guard('webhook_deliveries');
-- What is due, over all tenants, and what stands before a delivery of the same subject.
create index on webhook_deliveries (next_attempt_at) where status = 'pending';
create index on webhook_deliveries (tenant_id, webhook_id, subject, id) where status = 'pending' and not is_answered;
create index on webhook_deliveries (tenant_id, webhook_id, id);
create index on webhook_deliveries (created_at);

-- Workers look for tenants with deliveries that are due. They see these only in a transaction that says so
-- (Database::queue).
create policy queue on webhook_deliveries for select
    using (current_setting('callboard.queue', true) = 'on' and status = 'pending');
