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

-- No foreign key to webhooks: it would be checked for each event. What a deleted webhook leaves behind is pruned.
create table webhook_deliveries (
    tenant_id        bigint not null,
    -- UUIDv7: ids sort by the order of the events.
    id               uuid not null,
    webhook_id       bigint not null,
    event            text not null,
    -- The lead, call or campaign of the event: first tries of one subject go to a webhook in order. Null: no order.
    subject          text,
    -- Facts of the event; instants as Postgres prints them in JSON.
    data             jsonb not null,
    -- The instant at which the event was written.
    created_at       timestamptz not null,

    status           text not null default 'pending' check (status in ('pending', 'delivered', 'failed')),
    -- All tries; those of the plan; and the time of the first, from which the plan counts.
    attempts         integer not null default 0,
    planned_tries    smallint not null default 0,
    first_attempt_at timestamptz,
    -- True once its first try has an answer, or has run out of time.
    is_answered      boolean not null default false,
    -- The next try is a replay, outside the plan.
    is_replay        boolean not null default false,
    next_attempt_at  timestamptz,
    claim            uuid,
    leased_until     timestamptz,
    response_status  smallint,
    response_body    text,
    error            text,
    delivered_at     timestamptz,

    primary key (tenant_id, id),
    check ((next_attempt_at is not null) = (status = 'pending'))
) with (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.05);
call callboard_guard('webhook_deliveries');
-- First tries and retries that are due, each in its order; what stands before a delivery of the same subject; lists.
create index webhook_deliveries_due on webhook_deliveries (tenant_id, webhook_id, is_answered, next_attempt_at, id)
    where status = 'pending';
create index webhook_deliveries_order on webhook_deliveries (tenant_id, webhook_id, subject, id)
    where status = 'pending' and not is_answered;
create index webhook_deliveries_list on webhook_deliveries (tenant_id, webhook_id, id);

-- Workers look for tenants with deliveries that are due. They see these, and the webhooks, only in a transaction that
-- says so (Database::queue).
create policy queue on webhook_deliveries for select
    using (status = 'pending' and (select current_setting('callboard.queue', true)) = 'on');
create policy queue on webhooks for select
    using ((select current_setting('callboard.queue', true)) = 'on');

-- Wakes the workers: the payload is the tenant.
create function callboard_wake_webhooks() returns trigger
    language plpgsql
    as $$
    begin
        perform pg_notify('callboard_webhooks', tenant_id::text) from (select distinct tenant_id from new_rows) t;
        return null;
    end
    $$;
create trigger wake after insert on webhook_deliveries
    referencing new table as new_rows
    for each statement execute function callboard_wake_webhooks();

-- Workers change deliveries one by one, each by its whole key. Statistics of a queue are always out of date, and the plan of
-- a statement over many keys, made while the queue was empty and kept, would read every delivery of the tenant.

-- Leases deliveries to a claim until an instant; those that another claim holds are left out.
create function callboard_lease(
    tenant bigint, webhook_ids bigint[], ids uuid[], new_claim uuid, lease_end timestamptz, at timestamptz
) returns setof webhook_deliveries
    language plpgsql
    as $$
    begin
        for i in 1 .. coalesce(cardinality(ids), 0) loop
            return query
                update webhook_deliveries d
                set claim = new_claim, leased_until = lease_end, first_attempt_at = coalesce(d.first_attempt_at, at)
                where d.tenant_id = tenant and d.webhook_id = webhook_ids[i] and d.id = ids[i]
                  -- Pending; so written, no partial index is read instead of a key.
                  and d.status not in ('delivered', 'failed') and (d.leased_until is null or d.leased_until <= now())
                returning d.*;
        end loop;
    end
    $$;

-- Ends leases of a claim: records its tries, objects whose members are the fields below. Nothing is recorded for a delivery
-- whose lease is lost.
create function callboard_record_tries(tenant bigint, held_by uuid, tries jsonb) returns void
    language plpgsql
    as $$
    declare
        try record;
    begin
        for try in select * from jsonb_populate_recordset(null::webhook_deliveries, tries) loop
            update webhook_deliveries d
            set status = try.status,
                attempts = d.attempts + 1,
                planned_tries = try.planned_tries,
                is_answered = true,
                is_replay = false,
                next_attempt_at = try.next_attempt_at,
                claim = null,
                leased_until = null,
                response_status = try.response_status,
                response_body = try.response_body,
                error = try.error,
                delivered_at = coalesce(try.delivered_at, d.delivered_at)
            where d.tenant_id = tenant and d.webhook_id = try.webhook_id and d.id = try.id
              and d.claim = held_by and d.status not in ('delivered', 'failed');
        end loop;
    end
    $$;
