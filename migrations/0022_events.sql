-- Events: triggers write one delivery for each event and each active webhook that subscribes to it (contract, section 9).
--
-- They fire only in a transaction that says set local callboard.events = 'on', as ingest over HTTP and the server's own
-- changes do (Scope::make_events): an import and other SQL make no events. With no webhook for any event of a table, a
-- statement costs one look into an empty index.
--
-- Statements over transition tables are planned anew by EXECUTE: a plan made for one row would join thousands in
-- quadratic time.

-- The lead, call or campaign of an event is its subject; see webhook_deliveries.
create type callboard_event as (name text, subject text, data jsonb);

-- Patterns are names of events, prefixes that end in '.*', or '*'. src/webhooks/event/subscription.rs checks them.
create function callboard_subscribes(patterns text[], event text) returns boolean
    language sql immutable parallel safe
    as $$
        select exists (
            select from unnest(patterns) pattern
            where pattern = event
               or pattern = '*'
               or right(pattern, 2) = '.*' and starts_with(event, left(pattern, -1)))
    $$;

create function callboard_tenant() returns bigint
    language sql stable parallel safe
    as $$ select nullif(current_setting('callboard.tenant', true), '')::bigint $$;

-- Those of the events that an active webhook of the tenant subscribes to; null if there are none.
create function callboard_subscribed(tenant bigint, names text[]) returns text[]
    language sql stable
    as $$
        select array_agg(distinct listed.name)
        from webhooks w
        cross join unnest(names) listed (name)
        where w.tenant_id = tenant and w.status = 'active' and callboard_subscribes(w.events, listed.name)
    $$;

-- UUIDv7 of a delivery: milliseconds, their fraction in 1/4096 (RFC 9562, method 3), a number that ascends among the
-- deliveries of one statement, 32 random bits.
create function callboard_delivery_id(at timestamptz, number bigint) returns uuid
    language sql volatile parallel safe
    as $$
        select (lpad(to_hex(micros / 1000), 12, '0')
                || '7' || lpad(to_hex(micros % 1000 * 4096 / 1000), 3, '0')
                || to_hex(8 + (number >> 28 & 3)) || lpad(to_hex(number & 268435455), 7, '0')
                || right(gen_random_uuid()::text, 8))::uuid
        from (select (extract(epoch from at) * 1000000)::bigint as micros) clock
    $$;

-- Writes deliveries of the events, in their order.
create function callboard_deliver(tenant bigint, events callboard_event[], at timestamptz) returns void
    language plpgsql
    as $$
    begin
        with subscriptions as materialized (
            select w.id, listed.name
            from webhooks w
            cross join (select distinct name from unnest(events)) listed
            where w.tenant_id = tenant
              and w.status = 'active'
              and callboard_subscribes(w.events, listed.name)
        ), deliveries as (
            select s.id as webhook_id, e.name, e.subject, e.data, row_number() over (order by e.at, s.id) as number
            from unnest(events) with ordinality e (name, subject, data, at)
            join subscriptions s on s.name = e.name
        )
        insert into webhook_deliveries (tenant_id, id, webhook_id, event, subject, data, created_at, next_attempt_at)
        select tenant, callboard_delivery_id(at, d.number), d.webhook_id, d.name, d.subject, d.data, at, at
        from deliveries d
        order by d.number;
    end $$;

-- Rows of calls make events only while they are fresh: the newest of their instants is less than 15 minutes old, or the
-- row was stored without a result and started less than 24 hours ago.
create function callboard_is_fresh(
        at timestamptz, started_at timestamptz, answered_at timestamptz, ended_at timestamptz,
        stored_started_at timestamptz, stored_result text)
    returns boolean
    language sql immutable parallel safe
    as $$
        select greatest(started_at, answered_at, ended_at) > at - interval '15 minutes'
            or coalesce(stored_result is null and stored_started_at > at - interval '24 hours', false)
    $$;

-- Attempts. n is the row after the statement, o the row before it, all null if there was none.
create function callboard_attempt_events() returns trigger
    language plpgsql security definer set search_path = public, pg_temp
    as $$
    declare
        tenant bigint := callboard_tenant();
        at timestamptz := clock_timestamp();
        subscribed text[];
        events callboard_event[];
        versions text;
    begin
        if not exists (select from new_rows) then
            return null;
        end if;
        subscribed := callboard_subscribed(tenant, '{autocall.call.initiated, autocall.call.answered, autocall.lead.dtmf_pressed,
            autocall.call.transferred, autocall.call.completed}');
        if subscribed is null then
            return null;
        end if;
        versions := case tg_op
            when 'INSERT' then 'new_rows n left join autocall_attempts o on false'
            else 'new_rows n join old_rows o on o.tenant_id = n.tenant_id and o.uuid = n.uuid'
        end;
        execute format($events$
            select array_agg(row(e.name, 'lead:' || n.lead_id, e.data)::callboard_event
                             order by n.started_at, n.uuid, e.place, e.position)
            from %s
            left join autocall_leads l on l.tenant_id = $1 and l.id = n.lead_id
            left join autocall_campaigns c on c.tenant_id = $1 and c.id = n.campaign_id
            cross join lateral (
                select jsonb_strip_nulls(jsonb_build_object(
                    'uuid', n.uuid,
                    'campaign_id', n.campaign_id,
                    'lead_id', n.lead_id,
                    'phone', callboard_short(l.phone_as_sent),
                    'phone_e164', '+' || l.phone,
                    'attempt_number', n.attempt_number,
                    'caller_id', n.caller_id,
                    'started_at', n.started_at,
                    'answered_at', n.answered_at,
                    'ended_at', n.ended_at,
                    'result', n.result,
                    'hangup_cause', n.hangup_cause,
                    'billsec', case when n.result is not null or n.billsec > 0 then n.billsec end,
                    'transfer', n.transfer,
                    'agent_id', n.agent_id)) as data
                offset 0 -- once for all events of a row
            ) call
            cross join lateral (
                select changed.place, changed.name, 0 as position, call.data
                from (values
                    (1, 'autocall.call.initiated', o.uuid is null),
                    (2, 'autocall.call.answered', (n.answered_at is not null or n.result = 'answered')
                        and (o.answered_at is not null or o.result = 'answered') is not true),
                    (4, 'autocall.call.transferred', n.transfer = 'connected' and o.transfer is distinct from 'connected'),
                    (5, 'autocall.call.completed', n.result is not null and o.result is null)
                ) changed (place, name, has_happened)
                where changed.has_happened
                union all
                select 3, 'autocall.lead.dtmf_pressed', position, jsonb_build_object(
                    'digit', substr(n.dtmf, position, 1),
                    'position', position,
                    'lead_id', n.lead_id,
                    'script_id', c.script_id,
                    'campaign_id', n.campaign_id,
                    'uuid', n.uuid)
                from generate_series(1, length(n.dtmf)) position
                where substr(n.dtmf, position, 1) is distinct from substr(o.dtmf, position, 1)
            ) e
            where n.tenant_id = $1
              and e.name = any ($2)
              and callboard_is_fresh($3, n.started_at, n.answered_at, n.ended_at, o.started_at, o.result)
        $events$, versions) into events using tenant, subscribed, at;
        perform callboard_deliver(tenant, events, at);
        return null;
    end $$;
create trigger events_appeared after insert on autocall_attempts referencing new table as new_rows
    for each statement when (current_setting('callboard.events', true) = 'on')
    execute function callboard_attempt_events();
create trigger events_changed after update on autocall_attempts referencing old table as old_rows new table as new_rows
    for each statement when (current_setting('callboard.events', true) = 'on')
    execute function callboard_attempt_events();

-- Leads. A completion is kept here until the end of its transaction, so that it comes after the events of the lead's
-- attempts, which ingest stores later, and counts them.
create table lead_completions (
    tenant_id bigint not null,
    id        bigint generated always as identity,
    leads     bigint[] not null,
    primary key (tenant_id, id)
);
call callboard_guard('lead_completions');

create function callboard_is_final(status text) returns boolean
    language sql immutable parallel safe
    as $$ select status in ('completed', 'failed', 'dnc', 'max_attempts_reached') $$;

create function callboard_lead_events() returns trigger
    language plpgsql security definer set search_path = public, pg_temp
    as $$
    declare
        tenant bigint := callboard_tenant();
        completed bigint[];
    begin
        if not exists (select from new_rows) or callboard_subscribed(tenant, '{autocall.lead.completed}') is null then
            return null;
        end if;
        if tg_op = 'INSERT' then
            completed := array(select id from new_rows where callboard_is_final(status));
        else
            completed := array(
                select id from new_rows where callboard_is_final(status)
                except
                select id from old_rows where callboard_is_final(status));
        end if;
        if completed <> '{}' then
            insert into lead_completions (tenant_id, leads) values (tenant, completed);
        end if;
        return null;
    end $$;
create trigger events_appeared after insert on autocall_leads referencing new table as new_rows
    for each statement when (current_setting('callboard.events', true) = 'on')
    execute function callboard_lead_events();
create trigger events_changed after update on autocall_leads referencing old table as old_rows new table as new_rows
    for each statement when (current_setting('callboard.events', true) = 'on')
    execute function callboard_lead_events();

-- All completions of the transaction at once; a lead that was opened again is none.
create function callboard_lead_completion_events() returns trigger
    language plpgsql security definer set search_path = public, pg_temp
    as $$
    declare
        tenant bigint := callboard_tenant();
        at timestamptz := clock_timestamp();
        completed bigint[];
        events callboard_event[];
    begin
        with ended as (
            delete from lead_completions c where c.tenant_id = tenant returning leads
        )
        select array_agg(distinct lead) into completed from ended, unnest(ended.leads) lead;
        select array_agg(row('autocall.lead.completed', 'lead:' || l.id, jsonb_build_object(
                   'lead_id', l.id,
                   'campaign_id', l.campaign_id,
                   'phone', callboard_short(l.phone_as_sent),
                   'external_ref', callboard_short(l.external_ref),
                   'final_status', l.status,
                   'total_attempts', (select count(*) from autocall_attempts a
                                      where a.tenant_id = tenant and a.lead_id = l.id)
               ))::callboard_event order by l.id)
        into events
        from autocall_leads l
        where l.tenant_id = tenant and l.id = any (completed) and callboard_is_final(l.status);
        perform callboard_deliver(tenant, events, at);
        return null;
    end $$;
create constraint trigger events_at_the_end after insert on lead_completions
    deferrable initially deferred
    for each row execute function callboard_lead_completion_events();

-- Leads that came in by section 8, which says so by callboard.leads_added. Many in one statement are one event.
create function callboard_lead_added_events() returns trigger
    language plpgsql security definer set search_path = public, pg_temp
    as $$
    declare
        tenant bigint := callboard_tenant();
        at timestamptz := clock_timestamp();
        events callboard_event[];
    begin
        if callboard_subscribed(tenant, '{autocall.lead.added, autocall.leads.imported}') is null then
            return null;
        elsif (select count(*) from new_rows) > 100 then
            select array_agg(row('autocall.leads.imported', 'campaign:' || imported.campaign_id, to_jsonb(imported))::callboard_event
                             order by imported.campaign_id)
            into events
            from (
                select campaign_id, count(*) as added, min(id) as first_lead_id, max(id) as last_lead_id
                from new_rows
                where tenant_id = tenant
                group by campaign_id
            ) imported;
        else
            select array_agg(row('autocall.lead.added', 'lead:' || n.id, jsonb_build_object(
                       'lead_id', n.id,
                       'campaign_id', n.campaign_id,
                       'phone', n.phone_as_sent,
                       'external_ref', n.external_ref
                   ))::callboard_event order by n.id)
            into events
            from new_rows n
            where n.tenant_id = tenant;
        end if;
        perform callboard_deliver(tenant, events, at);
        return null;
    end $$;
create trigger events_added after insert on autocall_leads referencing new table as new_rows
    for each statement when (current_setting('callboard.events', true) = 'on'
                             and current_setting('callboard.leads_added', true) = 'on')
    execute function callboard_lead_added_events();

-- Campaigns: changes of status. What is started from 'paused' is resumed.
create function callboard_campaign_events() returns trigger
    language plpgsql security definer set search_path = public, pg_temp
    as $$
    declare
        tenant bigint := callboard_tenant();
        at timestamptz := clock_timestamp();
        subscribed text[];
        events callboard_event[];
    begin
        if not exists (select from new_rows) then
            return null;
        end if;
        subscribed := callboard_subscribed(tenant, '{autocall.campaign.started, autocall.campaign.paused, autocall.campaign.resumed,
            autocall.campaign.completed}');
        if subscribed is null then
            return null;
        end if;
        execute $events$
            select array_agg(row(e.name, 'campaign:' || n.id, to_jsonb(n) || jsonb_build_object(
                       'name', callboard_short(n.name),
                       'total_leads', (select count(*) from autocall_leads l
                                       where l.tenant_id = $1 and l.campaign_id = n.id)
                   ))::callboard_event order by n.id)
            from new_rows n
            join old_rows o on o.tenant_id = n.tenant_id and o.id = n.id
            cross join lateral (
                select 'autocall.campaign.' || case
                    when n.status = 'active' and o.status = 'paused' then 'resumed'
                    when n.status = 'active' then 'started'
                    else n.status
                end as name
            ) e
            where n.tenant_id = $1 and n.status <> o.status and e.name = any ($2)
        $events$ into events using tenant, subscribed;
        perform callboard_deliver(tenant, events, at);
        return null;
    end $$;
create trigger events_changed after update on autocall_campaigns referencing old table as old_rows new table as new_rows
    for each statement when (current_setting('callboard.events', true) = 'on')
    execute function callboard_campaign_events();

-- Telesales calls: each disposition that a call gets. n and o as for attempts.
create function callboard_call_events() returns trigger
    language plpgsql security definer set search_path = public, pg_temp
    as $$
    declare
        tenant bigint := callboard_tenant();
        at timestamptz := clock_timestamp();
        events callboard_event[];
        versions text;
    begin
        if not exists (select from new_rows) or callboard_subscribed(tenant, '{telesales.call.disposed}') is null then
            return null;
        end if;
        versions := case tg_op
            when 'INSERT' then 'new_rows n left join telesales_calls o on false'
            else 'new_rows n join old_rows o on o.tenant_id = n.tenant_id and o.uuid = n.uuid'
        end;
        execute format($events$
            select array_agg(row('telesales.call.disposed', 'telesales_lead:' || n.lead_id, to_jsonb(n) || jsonb_build_object(
                       'campaign_name', callboard_short(c.name),
                       'agent_name', callboard_short(a.name)
                   ))::callboard_event order by n.started_at, n.uuid)
            from %s
            left join telesales_campaigns c on c.tenant_id = $1 and c.id = n.campaign_id
            left join agents a on a.tenant_id = $1 and a.id = n.agent_id
            where n.tenant_id = $1
              and n.disposition is not null
              and n.disposition is distinct from o.disposition
              and callboard_is_fresh($2, n.started_at, n.answered_at, n.ended_at, o.started_at, o.result)
        $events$, versions) into events using tenant, at;
        perform callboard_deliver(tenant, events, at);
        return null;
    end $$;
create trigger events_appeared after insert on telesales_calls referencing new table as new_rows
    for each statement when (current_setting('callboard.events', true) = 'on')
    execute function callboard_call_events();
create trigger events_changed after update on telesales_calls referencing old table as old_rows new table as new_rows
    for each statement when (current_setting('callboard.events', true) = 'on')
    execute function callboard_call_events();

-- Breaches that the check of every minute records.
create function callboard_breach_events() returns trigger
    language plpgsql security definer set search_path = public, pg_temp
    as $$
    begin
        perform callboard_deliver(
            new.tenant_id,
            array[row('telesales.abandon.breached', 'telesales_campaign:' || new.campaign_id,
                      to_jsonb(new) || jsonb_build_object(
                          'campaign_name', callboard_short(new.campaign_name),
                          'limit_pct', new.limit_pct::text))::callboard_event],
            clock_timestamp());
        return null;
    end $$;
create trigger events_appeared after insert on abandon_breaches
    for each row when (current_setting('callboard.events', true) = 'on')
    execute function callboard_breach_events();

-- Exports that a worker finished or gave up.
create function callboard_export_events() returns trigger
    language plpgsql security definer set search_path = public, pg_temp
    as $$
    begin
        perform callboard_deliver(
            new.tenant_id,
            array[row('report.export.' || new.status, 'export:' || new.id, jsonb_build_object(
                'id', new.id,
                'report_type', new.report_type,
                'status', new.status,
                'error', new.error,
                'progress_pct', new.progress_pct,
                'file_name', new.file_name,
                'file_size', new.file_size,
                'completed_at', new.completed_at,
                'expires_at', new.expires_at))::callboard_event],
            clock_timestamp());
        return null;
    end $$;
create trigger events_changed after update on exports
    for each row when (new.status in ('ready', 'failed') and new.status <> old.status
                       and current_setting('callboard.events', true) = 'on')
    execute function callboard_export_events();

-- They act with their owner's rights: nobody else may attach them to a table of their own.
revoke execute on function callboard_attempt_events(), callboard_lead_events(), callboard_lead_completion_events(),
    callboard_lead_added_events(), callboard_campaign_events(), callboard_call_events(), callboard_breach_events(),
    callboard_export_events() from public;
