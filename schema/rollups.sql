-- All SQL that src/rollups generates, as it is executed. Generated: callboard schema > schema/rollups.sql
--
-- $1 is the tenant. Readers are parts of statements, which take them in by name with arguments of their own
-- (src/rollups/statement.rs); each is shown in one that does nothing else. A compaction runs its statements in the order they stand in,
-- in one repeatable-read transaction; building from all rows takes one for each part. The tables are in a schema named by a fingerprint of this SQL; its name is left open in triggers
-- (src/rollups/edition.rs), and connections find it by their search path.

----------------------------------------------------------------------------------------------------------------------
-- Tables and triggers
----------------------------------------------------------------------------------------------------------------------

-- Stale marks of this edition. Who changes a term adds to the table of the same name in schema public; a trigger copies
-- each mark here, so that a rebuild of one edition removes only its own.
create table rollup_stale (
    tenant_id bigint not null,
    id bigint generated always as identity,
    module text not null,
    campaign_id bigint,
    script_id bigint,
    primary key (tenant_id, id)
);
call callboard_guard('rollup_stale');
create policy told on rollup_stale for insert with check (true);
create policy roll_call on rollup_stale for select
    using ((select current_setting('callboard.roll_call', true)) = 'on');
create function stale_noted() returns trigger
    language plpgsql security definer set search_path = {{schema}}, public, pg_temp
    as $body$
    begin
        insert into rollup_stale (tenant_id, module, campaign_id, script_id)
        select tenant_id, module, campaign_id, script_id from new_rows;
        return null;
    end $body$;
revoke execute on function stale_noted() from public;
create trigger {{schema}}_noted after insert on public.rollup_stale
    referencing new table as new_rows
    for each statement execute function stale_noted();

-- Roll-ups under construction from all rows of a tenant, with the stale marks that this serves. A row is here as long as the
-- tables are built in parts; `day`, counted since 1970, is the first one whose calls are not counted, if any are.
create table rollup_builds (
    tenant_id bigint not null,
    module text not null,
    marks bigint[] not null,
    part text not null,
    day integer,
    done bigint not null,
    calls bigint not null,
    begun_at timestamptz not null default clock_timestamp(),
    primary key (tenant_id, module)
);
call callboard_guard('rollup_builds');

-- Journal of autocall_attempts: every statement adds the rows it wrote (weight 1) and the rows it removed (weight -1), until a
-- compaction moves the entries into the roll-ups. Writers never wait for each other here.
create table autocall_attempts_journal (
    tenant_id bigint not null,
    weight integer not null,
    quarter integer not null,
    campaign_id bigint,
    lead_id bigint,
    started_at timestamptz,
    result text,
    hangup_cause text,
    billsec integer,
    dtmf text,
    script_path text[],
    transfer text,
    agent_disposition text,
    attempt_number integer,
    provider text,
    outcome text,
    sentiment numeric(7, 6)
);
create index on autocall_attempts_journal (tenant_id, campaign_id);
-- Emptied all the time: dead entries must be vacuumed before they slow readers down.
alter table autocall_attempts_journal set (
    autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_threshold = 5000,
    autovacuum_vacuum_insert_scale_factor = 0.2,
    autovacuum_vacuum_cost_delay = 0
);
call callboard_guard('autocall_attempts_journal');
-- Entries come from triggers, under whatever role a statement runs.
create policy told on autocall_attempts_journal for insert with check (true);
-- The compactor lists the tenants with entries.
create policy roll_call on autocall_attempts_journal for select
    using ((select current_setting('callboard.roll_call', true)) = 'on');

create function autocall_attempts_on_insert() returns trigger
    language plpgsql security definer set search_path = {{schema}}, public, pg_temp
    as $body$
    begin
        insert into autocall_attempts_journal (
            tenant_id,
            weight,
            quarter,
            campaign_id,
            lead_id,
            started_at,
            result,
            hangup_cause,
            billsec,
            dtmf,
            script_path,
            transfer,
            agent_disposition,
            attempt_number,
            provider,
            outcome,
            sentiment
        )
        select tenant_id,
               1,
               callboard_quarter(started_at),
               campaign_id,
               lead_id,
               started_at,
               result,
               hangup_cause,
               billsec,
               dtmf,
               script_path,
               transfer,
               agent_disposition,
               attempt_number,
               provider,
               outcome,
               sentiment
        from new_rows;
        return null;
    end $body$;
-- It runs with its owner's rights: nobody else may attach it to a table of their own.
revoke execute on function autocall_attempts_on_insert() from public;
create trigger {{schema}}_insert after insert on autocall_attempts
    referencing new table as new_rows
    for each statement execute function autocall_attempts_on_insert();

create function autocall_attempts_on_update() returns trigger
    language plpgsql security definer set search_path = {{schema}}, public, pg_temp
    as $body$
    begin
        insert into autocall_attempts_journal (
            tenant_id,
            weight,
            quarter,
            campaign_id,
            lead_id,
            started_at,
            result,
            hangup_cause,
            billsec,
            dtmf,
            script_path,
            transfer,
            agent_disposition,
            attempt_number,
            provider,
            outcome,
            sentiment
        )
        select tenant_id,
               sum(weight)::integer,
               quarter,
               campaign_id,
               lead_id,
               started_at,
               result,
               hangup_cause,
               billsec,
               dtmf,
               script_path,
               transfer,
               agent_disposition,
               attempt_number,
               provider,
               outcome,
               sentiment
        from (
            select tenant_id,
                   -1 as weight,
                   callboard_quarter(started_at) as quarter,
                   campaign_id,
                   lead_id,
                   started_at,
                   result,
                   hangup_cause,
                   billsec,
                   dtmf,
                   script_path,
                   transfer,
                   agent_disposition,
                   attempt_number,
                   provider,
                   outcome,
                   sentiment
            from old_rows
            union all
            select tenant_id,
                   1,
                   callboard_quarter(started_at),
                   campaign_id,
                   lead_id,
                   started_at,
                   result,
                   hangup_cause,
                   billsec,
                   dtmf,
                   script_path,
                   transfer,
                   agent_disposition,
                   attempt_number,
                   provider,
                   outcome,
                   sentiment
            from new_rows
        ) changes
        group by tenant_id,
                 quarter,
                 campaign_id,
                 lead_id,
                 started_at,
                 result,
                 hangup_cause,
                 billsec,
                 dtmf,
                 script_path,
                 transfer,
                 agent_disposition,
                 attempt_number,
                 provider,
                 outcome,
                 sentiment
        having sum(weight) <> 0;
        return null;
    end $body$;
-- It runs with its owner's rights: nobody else may attach it to a table of their own.
revoke execute on function autocall_attempts_on_update() from public;
create trigger {{schema}}_update after update on autocall_attempts
    referencing old table as old_rows new table as new_rows
    for each statement execute function autocall_attempts_on_update();

create function autocall_attempts_on_delete() returns trigger
    language plpgsql security definer set search_path = {{schema}}, public, pg_temp
    as $body$
    begin
        insert into autocall_attempts_journal (
            tenant_id,
            weight,
            quarter,
            campaign_id,
            lead_id,
            started_at,
            result,
            hangup_cause,
            billsec,
            dtmf,
            script_path,
            transfer,
            agent_disposition,
            attempt_number,
            provider,
            outcome,
            sentiment
        )
        select tenant_id,
               -1,
               callboard_quarter(started_at),
               campaign_id,
               lead_id,
               started_at,
               result,
               hangup_cause,
               billsec,
               dtmf,
               script_path,
               transfer,
               agent_disposition,
               attempt_number,
               provider,
               outcome,
               sentiment
        from old_rows;
        return null;
    end $body$;
-- It runs with its owner's rights: nobody else may attach it to a table of their own.
revoke execute on function autocall_attempts_on_delete() from public;
create trigger {{schema}}_delete after delete on autocall_attempts
    referencing old table as old_rows
    for each statement execute function autocall_attempts_on_delete();

create table autocall_totals (
    tenant_id bigint not null,
    campaign_id bigint not null,
    agent_id bigint not null,
    bucket integer not null,
    scope smallint not null,
    width smallint not null,
    dialed integer not null,
    answered integer not null,
    no_answer integer not null,
    busy integer not null,
    failed integer not null,
    abandoned integer not null,
    talk_sec bigint not null,
    handed_over integer not null,
    connected integer not null,
    no_input integer not null,
    key_0 integer not null,
    key_1 integer not null,
    key_2 integer not null,
    key_3 integer not null,
    key_4 integer not null,
    key_5 integer not null,
    key_6 integer not null,
    key_7 integer not null,
    key_8 integer not null,
    key_9 integer not null,
    key_star integer not null,
    key_hash integer not null
);
create unique index on autocall_totals (
    tenant_id, campaign_id, agent_id, scope, width, bucket
);
call callboard_guard('autocall_totals');

create table autocall_hangups (
    tenant_id bigint not null,
    campaign_id bigint not null,
    agent_id bigint not null,
    bucket integer not null,
    scope smallint not null,
    width smallint not null,
    hangup_cause text collate "C" not null,
    attempts integer not null
);
create unique index on autocall_hangups (
    tenant_id, campaign_id, agent_id, scope, width, bucket, callboard_key(hangup_cause)
);
call callboard_guard('autocall_hangups');

create table autocall_paths (
    tenant_id bigint not null,
    campaign_id bigint not null,
    agent_id bigint not null,
    bucket integer not null,
    scope smallint not null,
    width smallint not null,
    path text collate "C" not null,
    attempts integer not null
);
create unique index on autocall_paths (
    tenant_id, campaign_id, agent_id, scope, width, bucket, callboard_key(path)
);
call callboard_guard('autocall_paths');

create table autocall_outcomes (
    tenant_id bigint not null,
    campaign_id bigint not null,
    agent_id bigint not null,
    bucket integer not null,
    scope smallint not null,
    width smallint not null,
    outcome text collate "C" not null,
    calls integer not null
);
create unique index on autocall_outcomes (
    tenant_id, campaign_id, agent_id, scope, width, bucket, callboard_key(outcome)
);
call callboard_guard('autocall_outcomes');

create table autocall_providers (
    tenant_id bigint not null,
    campaign_id bigint not null,
    agent_id bigint not null,
    bucket integer not null,
    scope smallint not null,
    width smallint not null,
    provider text collate "C" not null,
    calls integer not null
);
create unique index on autocall_providers (
    tenant_id, campaign_id, agent_id, scope, width, bucket, callboard_key(provider)
);
call callboard_guard('autocall_providers');

create table autocall_tries (
    tenant_id bigint not null,
    campaign_id bigint not null,
    agent_id bigint not null,
    bucket integer not null,
    scope smallint not null,
    width smallint not null,
    attempt_number text collate "C" not null,
    calls integer not null,
    answered integer not null
);
create unique index on autocall_tries (
    tenant_id, campaign_id, agent_id, scope, width, bucket, callboard_key(attempt_number)
);
call callboard_guard('autocall_tries');

create table autocall_sentiments (
    tenant_id bigint not null,
    campaign_id bigint not null,
    agent_id bigint not null,
    bucket integer not null,
    scope smallint not null,
    width smallint not null,
    fifth text collate "C" not null,
    calls integer not null
);
create unique index on autocall_sentiments (
    tenant_id, campaign_id, agent_id, scope, width, bucket, callboard_key(fifth)
);
call callboard_guard('autocall_sentiments');

-- Lead history of autocall: the rows that links were made of, by hour and stages, as of the last compaction.
create table autocall_trail (
    tenant_id bigint not null,
    campaign_id bigint not null,
    lead_id bigint not null,
    hour integer not null,
    n integer not null,
    stages smallint not null,
    primary key (tenant_id, campaign_id, lead_id, hour, stages)
);
call callboard_guard('autocall_trail');
create table autocall_links (
    tenant_id bigint not null,
    campaign_id bigint not null,
    scope smallint not null,
    width smallint not null,
    later_width smallint not null,
    bucket integer not null,
    later_bucket integer not null,
    dialed integer not null,
    answered integer not null,
    pressed integer not null,
    handed_over integer not null,
    disposed integer not null,
    primary key (tenant_id, campaign_id, scope, width, later_width, bucket, later_bucket)
);
call callboard_guard('autocall_links');

-- Journal of autocall_leads: every statement adds the rows it wrote (weight 1) and the rows it removed (weight -1), until a
-- compaction moves the entries into the roll-ups. Writers never wait for each other here.
create table autocall_leads_journal (
    tenant_id bigint not null,
    weight integer not null,
    quarter integer not null,
    campaign_id bigint,
    id bigint,
    created_at timestamptz,
    status text
);
create index on autocall_leads_journal (tenant_id, campaign_id);
-- Emptied all the time: dead entries must be vacuumed before they slow readers down.
alter table autocall_leads_journal set (
    autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_threshold = 5000,
    autovacuum_vacuum_insert_scale_factor = 0.2,
    autovacuum_vacuum_cost_delay = 0
);
call callboard_guard('autocall_leads_journal');
-- Entries come from triggers, under whatever role a statement runs.
create policy told on autocall_leads_journal for insert with check (true);
-- The compactor lists the tenants with entries.
create policy roll_call on autocall_leads_journal for select
    using ((select current_setting('callboard.roll_call', true)) = 'on');

create function autocall_leads_on_insert() returns trigger
    language plpgsql security definer set search_path = {{schema}}, public, pg_temp
    as $body$
    begin
        insert into autocall_leads_journal (
            tenant_id,
            weight,
            quarter,
            campaign_id,
            id,
            created_at,
            status
        )
        select tenant_id,
               1,
               callboard_quarter(created_at),
               campaign_id,
               id,
               created_at,
               status
        from new_rows;
        return null;
    end $body$;
-- It runs with its owner's rights: nobody else may attach it to a table of their own.
revoke execute on function autocall_leads_on_insert() from public;
create trigger {{schema}}_insert after insert on autocall_leads
    referencing new table as new_rows
    for each statement execute function autocall_leads_on_insert();

create function autocall_leads_on_update() returns trigger
    language plpgsql security definer set search_path = {{schema}}, public, pg_temp
    as $body$
    begin
        insert into autocall_leads_journal (
            tenant_id,
            weight,
            quarter,
            campaign_id,
            id,
            created_at,
            status
        )
        select tenant_id,
               sum(weight)::integer,
               quarter,
               campaign_id,
               id,
               created_at,
               status
        from (
            select tenant_id,
                   -1 as weight,
                   callboard_quarter(created_at) as quarter,
                   campaign_id,
                   id,
                   created_at,
                   status
            from old_rows
            union all
            select tenant_id,
                   1,
                   callboard_quarter(created_at),
                   campaign_id,
                   id,
                   created_at,
                   status
            from new_rows
        ) changes
        group by tenant_id,
                 quarter,
                 campaign_id,
                 id,
                 created_at,
                 status
        having sum(weight) <> 0;
        return null;
    end $body$;
-- It runs with its owner's rights: nobody else may attach it to a table of their own.
revoke execute on function autocall_leads_on_update() from public;
create trigger {{schema}}_update after update on autocall_leads
    referencing old table as old_rows new table as new_rows
    for each statement execute function autocall_leads_on_update();

create function autocall_leads_on_delete() returns trigger
    language plpgsql security definer set search_path = {{schema}}, public, pg_temp
    as $body$
    begin
        insert into autocall_leads_journal (
            tenant_id,
            weight,
            quarter,
            campaign_id,
            id,
            created_at,
            status
        )
        select tenant_id,
               -1,
               callboard_quarter(created_at),
               campaign_id,
               id,
               created_at,
               status
        from old_rows;
        return null;
    end $body$;
-- It runs with its owner's rights: nobody else may attach it to a table of their own.
revoke execute on function autocall_leads_on_delete() from public;
create trigger {{schema}}_delete after delete on autocall_leads
    referencing old table as old_rows
    for each statement execute function autocall_leads_on_delete();

create table autocall_lead_totals (
    tenant_id bigint not null,
    campaign_id bigint not null,
    agent_id bigint not null,
    bucket integer not null,
    scope smallint not null,
    width smallint not null,
    leads integer not null,
    unfinished integer not null
);
create unique index on autocall_lead_totals (
    tenant_id, campaign_id, agent_id, scope, width, bucket
);
call callboard_guard('autocall_lead_totals');

-- Journal of telesales_calls: every statement adds the rows it wrote (weight 1) and the rows it removed (weight -1), until a
-- compaction moves the entries into the roll-ups. Writers never wait for each other here.
create table telesales_calls_journal (
    tenant_id bigint not null,
    weight integer not null,
    quarter integer not null,
    campaign_id bigint,
    lead_id bigint,
    started_at timestamptz,
    agent_id bigint,
    cid text,
    result text,
    talk_sec integer,
    wrap_sec integer,
    disposition text
);
create index on telesales_calls_journal (tenant_id, campaign_id);
-- Emptied all the time: dead entries must be vacuumed before they slow readers down.
alter table telesales_calls_journal set (
    autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_threshold = 5000,
    autovacuum_vacuum_insert_scale_factor = 0.2,
    autovacuum_vacuum_cost_delay = 0
);
call callboard_guard('telesales_calls_journal');
-- Entries come from triggers, under whatever role a statement runs.
create policy told on telesales_calls_journal for insert with check (true);
-- The compactor lists the tenants with entries.
create policy roll_call on telesales_calls_journal for select
    using ((select current_setting('callboard.roll_call', true)) = 'on');

create function telesales_calls_on_insert() returns trigger
    language plpgsql security definer set search_path = {{schema}}, public, pg_temp
    as $body$
    begin
        insert into telesales_calls_journal (
            tenant_id,
            weight,
            quarter,
            campaign_id,
            lead_id,
            started_at,
            agent_id,
            cid,
            result,
            talk_sec,
            wrap_sec,
            disposition
        )
        select tenant_id,
               1,
               callboard_quarter(started_at),
               campaign_id,
               lead_id,
               started_at,
               agent_id,
               cid,
               result,
               talk_sec,
               wrap_sec,
               disposition
        from new_rows;
        return null;
    end $body$;
-- It runs with its owner's rights: nobody else may attach it to a table of their own.
revoke execute on function telesales_calls_on_insert() from public;
create trigger {{schema}}_insert after insert on telesales_calls
    referencing new table as new_rows
    for each statement execute function telesales_calls_on_insert();

create function telesales_calls_on_update() returns trigger
    language plpgsql security definer set search_path = {{schema}}, public, pg_temp
    as $body$
    begin
        insert into telesales_calls_journal (
            tenant_id,
            weight,
            quarter,
            campaign_id,
            lead_id,
            started_at,
            agent_id,
            cid,
            result,
            talk_sec,
            wrap_sec,
            disposition
        )
        select tenant_id,
               sum(weight)::integer,
               quarter,
               campaign_id,
               lead_id,
               started_at,
               agent_id,
               cid,
               result,
               talk_sec,
               wrap_sec,
               disposition
        from (
            select tenant_id,
                   -1 as weight,
                   callboard_quarter(started_at) as quarter,
                   campaign_id,
                   lead_id,
                   started_at,
                   agent_id,
                   cid,
                   result,
                   talk_sec,
                   wrap_sec,
                   disposition
            from old_rows
            union all
            select tenant_id,
                   1,
                   callboard_quarter(started_at),
                   campaign_id,
                   lead_id,
                   started_at,
                   agent_id,
                   cid,
                   result,
                   talk_sec,
                   wrap_sec,
                   disposition
            from new_rows
        ) changes
        group by tenant_id,
                 quarter,
                 campaign_id,
                 lead_id,
                 started_at,
                 agent_id,
                 cid,
                 result,
                 talk_sec,
                 wrap_sec,
                 disposition
        having sum(weight) <> 0;
        return null;
    end $body$;
-- It runs with its owner's rights: nobody else may attach it to a table of their own.
revoke execute on function telesales_calls_on_update() from public;
create trigger {{schema}}_update after update on telesales_calls
    referencing old table as old_rows new table as new_rows
    for each statement execute function telesales_calls_on_update();

create function telesales_calls_on_delete() returns trigger
    language plpgsql security definer set search_path = {{schema}}, public, pg_temp
    as $body$
    begin
        insert into telesales_calls_journal (
            tenant_id,
            weight,
            quarter,
            campaign_id,
            lead_id,
            started_at,
            agent_id,
            cid,
            result,
            talk_sec,
            wrap_sec,
            disposition
        )
        select tenant_id,
               -1,
               callboard_quarter(started_at),
               campaign_id,
               lead_id,
               started_at,
               agent_id,
               cid,
               result,
               talk_sec,
               wrap_sec,
               disposition
        from old_rows;
        return null;
    end $body$;
-- It runs with its owner's rights: nobody else may attach it to a table of their own.
revoke execute on function telesales_calls_on_delete() from public;
create trigger {{schema}}_delete after delete on telesales_calls
    referencing old table as old_rows
    for each statement execute function telesales_calls_on_delete();

create table telesales_totals (
    tenant_id bigint not null,
    campaign_id bigint not null,
    agent_id bigint not null,
    bucket integer not null,
    scope smallint not null,
    width smallint not null,
    dials integer not null,
    answers integer not null,
    abandoned integer not null,
    blocked integer not null,
    in_progress integer not null,
    conversions integer not null,
    talk_sec bigint not null,
    handling_sec bigint not null
);
create unique index on telesales_totals (
    tenant_id, campaign_id, agent_id, scope, width, bucket
);
call callboard_guard('telesales_totals');

create table telesales_dispositions (
    tenant_id bigint not null,
    campaign_id bigint not null,
    agent_id bigint not null,
    bucket integer not null,
    scope smallint not null,
    width smallint not null,
    code text collate "C" not null,
    calls integer not null
);
create unique index on telesales_dispositions (
    tenant_id, campaign_id, agent_id, scope, width, bucket, callboard_key(code)
);
call callboard_guard('telesales_dispositions');

create table telesales_caller_ids (
    tenant_id bigint not null,
    campaign_id bigint not null,
    agent_id bigint not null,
    bucket integer not null,
    scope smallint not null,
    width smallint not null,
    cid text collate "C" not null,
    calls integer not null,
    answers integer not null,
    short integer not null,
    rejected integer not null,
    talk_sec bigint not null
);
create unique index on telesales_caller_ids (
    tenant_id, campaign_id, agent_id, scope, width, bucket, callboard_key(cid)
);
call callboard_guard('telesales_caller_ids');

create table telesales_totals_by_source (
    tenant_id bigint not null,
    campaign_id bigint not null,
    agent_id bigint not null,
    bucket integer not null,
    scope smallint not null,
    width smallint not null,
    source text collate "C" not null,
    dials integer not null,
    answers integer not null,
    abandoned integer not null,
    blocked integer not null,
    in_progress integer not null,
    conversions integer not null,
    talk_sec bigint not null,
    handling_sec bigint not null
);
create unique index on telesales_totals_by_source (
    tenant_id, campaign_id, agent_id, scope, width, bucket, callboard_key(source)
);
call callboard_guard('telesales_totals_by_source');

create table telesales_dispositions_by_source (
    tenant_id bigint not null,
    campaign_id bigint not null,
    agent_id bigint not null,
    bucket integer not null,
    scope smallint not null,
    width smallint not null,
    code text collate "C" not null,
    source text collate "C" not null,
    calls integer not null
);
create unique index on telesales_dispositions_by_source (
    tenant_id, campaign_id, agent_id, scope, width, bucket, callboard_key(code), callboard_key(source)
);
call callboard_guard('telesales_dispositions_by_source');

-- Lead history of telesales: the rows that links were made of, by hour and stages, as of the last compaction.
create table telesales_trail (
    tenant_id bigint not null,
    campaign_id bigint not null,
    lead_id bigint not null,
    hour integer not null,
    n integer not null,
    stages smallint not null,
    primary key (tenant_id, lead_id, hour, campaign_id, stages)
);
call callboard_guard('telesales_trail');
create table telesales_links (
    tenant_id bigint not null,
    campaign_id bigint not null,
    scope smallint not null,
    width smallint not null,
    later_width smallint not null,
    bucket integer not null,
    later_bucket integer not null,
    dialed integer not null,
    connected integer not null,
    talked integer not null,
    disposed integer not null,
    converted integer not null,
    primary key (tenant_id, campaign_id, scope, width, later_width, bucket, later_bucket)
);
call callboard_guard('telesales_links');

-- Journal of telesales_leads: every statement adds the rows it wrote (weight 1) and the rows it removed (weight -1), until a
-- compaction moves the entries into the roll-ups. Writers never wait for each other here.
create table telesales_leads_journal (
    tenant_id bigint not null,
    weight integer not null,
    quarter integer not null,
    campaign_id bigint,
    id bigint,
    created_at timestamptz,
    source text
);
create index on telesales_leads_journal (tenant_id, campaign_id);
-- Emptied all the time: dead entries must be vacuumed before they slow readers down.
alter table telesales_leads_journal set (
    autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_threshold = 5000,
    autovacuum_vacuum_insert_scale_factor = 0.2,
    autovacuum_vacuum_cost_delay = 0
);
call callboard_guard('telesales_leads_journal');
-- Entries come from triggers, under whatever role a statement runs.
create policy told on telesales_leads_journal for insert with check (true);
-- The compactor lists the tenants with entries.
create policy roll_call on telesales_leads_journal for select
    using ((select current_setting('callboard.roll_call', true)) = 'on');

create function telesales_leads_on_insert() returns trigger
    language plpgsql security definer set search_path = {{schema}}, public, pg_temp
    as $body$
    begin
        insert into telesales_leads_journal (
            tenant_id,
            weight,
            quarter,
            campaign_id,
            id,
            created_at,
            source
        )
        select tenant_id,
               1,
               callboard_quarter(created_at),
               campaign_id,
               id,
               created_at,
               source
        from new_rows;
        return null;
    end $body$;
-- It runs with its owner's rights: nobody else may attach it to a table of their own.
revoke execute on function telesales_leads_on_insert() from public;
create trigger {{schema}}_insert after insert on telesales_leads
    referencing new table as new_rows
    for each statement execute function telesales_leads_on_insert();

create function telesales_leads_on_update() returns trigger
    language plpgsql security definer set search_path = {{schema}}, public, pg_temp
    as $body$
    begin
        insert into telesales_leads_journal (
            tenant_id,
            weight,
            quarter,
            campaign_id,
            id,
            created_at,
            source
        )
        select tenant_id,
               sum(weight)::integer,
               quarter,
               campaign_id,
               id,
               created_at,
               source
        from (
            select tenant_id,
                   -1 as weight,
                   callboard_quarter(created_at) as quarter,
                   campaign_id,
                   id,
                   created_at,
                   source
            from old_rows
            union all
            select tenant_id,
                   1,
                   callboard_quarter(created_at),
                   campaign_id,
                   id,
                   created_at,
                   source
            from new_rows
        ) changes
        group by tenant_id,
                 quarter,
                 campaign_id,
                 id,
                 created_at,
                 source
        having sum(weight) <> 0;
        return null;
    end $body$;
-- It runs with its owner's rights: nobody else may attach it to a table of their own.
revoke execute on function telesales_leads_on_update() from public;
create trigger {{schema}}_update after update on telesales_leads
    referencing old table as old_rows new table as new_rows
    for each statement execute function telesales_leads_on_update();

create function telesales_leads_on_delete() returns trigger
    language plpgsql security definer set search_path = {{schema}}, public, pg_temp
    as $body$
    begin
        insert into telesales_leads_journal (
            tenant_id,
            weight,
            quarter,
            campaign_id,
            id,
            created_at,
            source
        )
        select tenant_id,
               -1,
               callboard_quarter(created_at),
               campaign_id,
               id,
               created_at,
               source
        from old_rows;
        return null;
    end $body$;
-- It runs with its owner's rights: nobody else may attach it to a table of their own.
revoke execute on function telesales_leads_on_delete() from public;
create trigger {{schema}}_delete after delete on telesales_leads
    referencing old table as old_rows
    for each statement execute function telesales_leads_on_delete();

create table telesales_lead_totals (
    tenant_id bigint not null,
    campaign_id bigint not null,
    agent_id bigint not null,
    bucket integer not null,
    scope smallint not null,
    width smallint not null,
    leads integer not null
);
create unique index on telesales_lead_totals (
    tenant_id, campaign_id, agent_id, scope, width, bucket
);
call callboard_guard('telesales_lead_totals');

create table telesales_lead_sources (
    tenant_id bigint not null,
    campaign_id bigint not null,
    agent_id bigint not null,
    bucket integer not null,
    scope smallint not null,
    width smallint not null,
    source text collate "C" not null,
    leads integer not null
);
create unique index on telesales_lead_sources (
    tenant_id, campaign_id, agent_id, scope, width, bucket, callboard_key(source)
);
call callboard_guard('telesales_lead_sources');

create table telesales_source_links (
    tenant_id bigint not null,
    campaign_id bigint not null,
    scope smallint not null,
    width smallint not null,
    later_width smallint not null,
    bucket integer not null,
    later_bucket integer not null,
    source text collate "C" not null,
    dialed integer not null,
    connected integer not null,
    converted integer not null
);
-- A source can be too long for an index.
create unique index on telesales_source_links (
    tenant_id, campaign_id, scope, width, later_width, bucket, later_bucket, callboard_key(source)
);
call callboard_guard('telesales_source_links');

-- The attempts of each lead as of the last compaction, and how many of them wait for their result. An id that no lead has is
-- counted too: a lead may come after its attempts.
create table autocall_lead_trail (
    tenant_id bigint not null,
    lead_id bigint not null,
    attempts integer not null,
    waiting integer not null,
    primary key (tenant_id, lead_id)
);
call callboard_guard('autocall_lead_trail');

create table autocall_lead_states (
    tenant_id bigint not null,
    campaign_id bigint not null,
    agent_id bigint not null,
    bucket integer not null,
    scope smallint not null,
    width smallint not null,
    leads integer not null,
    tried integer not null,
    retried integer not null,
    processing integer not null,
    retry integer not null,
    finished integer not null
);
create unique index on autocall_lead_states (
    tenant_id, campaign_id, agent_id, scope, width, bucket
);
call callboard_guard('autocall_lead_states');

create function autocall_attempts_on_truncate() returns trigger
    language plpgsql security definer set search_path = {{schema}}, public, pg_temp
    as $body$
    begin
        truncate
            autocall_totals,
            autocall_hangups,
            autocall_paths,
            autocall_outcomes,
            autocall_providers,
            autocall_tries,
            autocall_sentiments,
            autocall_attempts_journal,
            autocall_trail,
            autocall_links,
            autocall_lead_trail;
        return null;
    end $body$;
-- It runs with its owner's rights: nobody else may attach it to a table of their own.
revoke execute on function autocall_attempts_on_truncate() from public;
create trigger {{schema}}_truncate after truncate on autocall_attempts
    for each statement execute function autocall_attempts_on_truncate();

create function autocall_leads_on_truncate() returns trigger
    language plpgsql security definer set search_path = {{schema}}, public, pg_temp
    as $body$
    begin
        truncate
            autocall_lead_totals,
            autocall_leads_journal,
            autocall_lead_states;
        return null;
    end $body$;
-- It runs with its owner's rights: nobody else may attach it to a table of their own.
revoke execute on function autocall_leads_on_truncate() from public;
create trigger {{schema}}_truncate after truncate on autocall_leads
    for each statement execute function autocall_leads_on_truncate();

create function telesales_calls_on_truncate() returns trigger
    language plpgsql security definer set search_path = {{schema}}, public, pg_temp
    as $body$
    begin
        truncate
            telesales_totals,
            telesales_dispositions,
            telesales_caller_ids,
            telesales_totals_by_source,
            telesales_dispositions_by_source,
            telesales_calls_journal,
            telesales_trail,
            telesales_links,
            telesales_source_links;
        return null;
    end $body$;
-- It runs with its owner's rights: nobody else may attach it to a table of their own.
revoke execute on function telesales_calls_on_truncate() from public;
create trigger {{schema}}_truncate after truncate on telesales_calls
    for each statement execute function telesales_calls_on_truncate();

create function telesales_leads_on_truncate() returns trigger
    language plpgsql security definer set search_path = {{schema}}, public, pg_temp
    as $body$
    begin
        truncate
            telesales_lead_totals,
            telesales_lead_sources,
            telesales_leads_journal,
            telesales_source_links;
        declare
            before text := coalesce(current_setting('callboard.roll_call', true), '');
        begin
            perform set_config('callboard.roll_call', 'on', true);
            insert into rollup_stale (tenant_id, module)
            select id, 'telesales' from tenants;
            perform set_config('callboard.roll_call', before, true);
        end;
        return null;
    end $body$;
-- It runs with its owner's rights: nobody else may attach it to a table of their own.
revoke execute on function telesales_leads_on_truncate() from public;
create trigger {{schema}}_truncate after truncate on telesales_leads
    for each statement execute function telesales_leads_on_truncate();

----------------------------------------------------------------------------------------------------------------------
-- Readers
----------------------------------------------------------------------------------------------------------------------

select * from (
    select stored.bucket::bigint * p.width * 900 + p.utc_offset as local_second,
           stored.agent_id,
           stored.dialed,
           stored.answered,
           stored.no_answer,
           stored.busy,
           stored.failed,
           stored.abandoned,
           stored.talk_sec,
           stored.handed_over,
           stored.connected,
           stored.no_input,
           stored.key_0,
           stored.key_1,
           stored.key_2,
           stored.key_3,
           stored.key_4,
           stored.key_5,
           stored.key_6,
           stored.key_7,
           stored.key_8,
           stored.key_9,
           stored.key_star,
           stored.key_hash
    from unnest($4, $5, $6, $7) as p (width, first_bucket, end_bucket, utc_offset)
    cross join lateral (
        select *
        from autocall_totals stored
        where stored.tenant_id = $1
          and stored.scope = $2::smallint
          and stored.campaign_id = $3::bigint
          and stored.agent_id = 0
          and stored.width = p.width
          and stored.bucket >= p.first_bucket
          and stored.bucket < p.end_bucket
        offset 0
    ) stored
    union all
    select r.quarter::bigint * 900 + p.utc_offset,
           0,
           r.weight * 1,
           r.weight * case when r.result = 'answered' then 1 else 0 end,
           r.weight * case when r.result = 'no_answer' then 1 else 0 end,
           r.weight * case when r.result = 'busy' then 1 else 0 end,
           r.weight * case when r.result = 'failed' then 1 else 0 end,
           r.weight * case when r.result = 'abandoned' then 1 else 0 end,
           r.weight * case when r.result = 'answered' then (r.billsec)::bigint else 0 end,
           r.weight * case when callboard_handed_over(r.transfer) then 1 else 0 end,
           r.weight * case when r.transfer = 'connected' then 1 else 0 end,
           r.weight * case when r.result = 'answered' and r.dtmf = '' then 1 else 0 end,
           r.weight * case when r.result = 'answered' and right(r.dtmf, 1) = '0' then 1 else 0 end,
           r.weight * case when r.result = 'answered' and right(r.dtmf, 1) = '1' then 1 else 0 end,
           r.weight * case when r.result = 'answered' and right(r.dtmf, 1) = '2' then 1 else 0 end,
           r.weight * case when r.result = 'answered' and right(r.dtmf, 1) = '3' then 1 else 0 end,
           r.weight * case when r.result = 'answered' and right(r.dtmf, 1) = '4' then 1 else 0 end,
           r.weight * case when r.result = 'answered' and right(r.dtmf, 1) = '5' then 1 else 0 end,
           r.weight * case when r.result = 'answered' and right(r.dtmf, 1) = '6' then 1 else 0 end,
           r.weight * case when r.result = 'answered' and right(r.dtmf, 1) = '7' then 1 else 0 end,
           r.weight * case when r.result = 'answered' and right(r.dtmf, 1) = '8' then 1 else 0 end,
           r.weight * case when r.result = 'answered' and right(r.dtmf, 1) = '9' then 1 else 0 end,
           r.weight * case when r.result = 'answered' and right(r.dtmf, 1) = '*' then 1 else 0 end,
           r.weight * case when r.result = 'answered' and right(r.dtmf, 1) = '#' then 1 else 0 end
    from (select) one
    cross join lateral (
        select *
        from autocall_attempts_journal r
        where r.tenant_id = $1
          and r.quarter >= $11
          and $2::smallint in (0 /* campaign */)
          and r.campaign_id = $3::bigint
        offset 0
    ) r
    cross join lateral (
        select p.utc_offset
        from unnest($4, $5, $6, $7) as p (width, first_bucket, end_bucket, utc_offset)
        where r.quarter >= p.first_bucket::bigint * p.width
          and r.quarter < p.end_bucket::bigint * p.width
        offset 0
    ) p
    union all
    select callboard_local_second(r.started_at, p.utc_offset),
           0,
           1,
           case when r.result = 'answered' then 1 else 0 end,
           case when r.result = 'no_answer' then 1 else 0 end,
           case when r.result = 'busy' then 1 else 0 end,
           case when r.result = 'failed' then 1 else 0 end,
           case when r.result = 'abandoned' then 1 else 0 end,
           case when r.result = 'answered' then (r.billsec)::bigint else 0 end,
           case when callboard_handed_over(r.transfer) then 1 else 0 end,
           case when r.transfer = 'connected' then 1 else 0 end,
           case when r.result = 'answered' and r.dtmf = '' then 1 else 0 end,
           case when r.result = 'answered' and right(r.dtmf, 1) = '0' then 1 else 0 end,
           case when r.result = 'answered' and right(r.dtmf, 1) = '1' then 1 else 0 end,
           case when r.result = 'answered' and right(r.dtmf, 1) = '2' then 1 else 0 end,
           case when r.result = 'answered' and right(r.dtmf, 1) = '3' then 1 else 0 end,
           case when r.result = 'answered' and right(r.dtmf, 1) = '4' then 1 else 0 end,
           case when r.result = 'answered' and right(r.dtmf, 1) = '5' then 1 else 0 end,
           case when r.result = 'answered' and right(r.dtmf, 1) = '6' then 1 else 0 end,
           case when r.result = 'answered' and right(r.dtmf, 1) = '7' then 1 else 0 end,
           case when r.result = 'answered' and right(r.dtmf, 1) = '8' then 1 else 0 end,
           case when r.result = 'answered' and right(r.dtmf, 1) = '9' then 1 else 0 end,
           case when r.result = 'answered' and right(r.dtmf, 1) = '*' then 1 else 0 end,
           case when r.result = 'answered' and right(r.dtmf, 1) = '#' then 1 else 0 end
    from unnest($8, $9, $10) as p (begins, ends, utc_offset)
    cross join lateral (
        select *
        from autocall_attempts r
        where r.tenant_id = $1
          and r.started_at >= p.begins
          and r.started_at < p.ends
          and $2::smallint in (0 /* campaign */)
          and r.campaign_id = $3::bigint
        offset 0
    ) r
    
    union all
    select r.quarter::bigint * 900 + p.utc_offset,
           0,
           r.weight * 1,
           r.weight * case when r.result = 'answered' then 1 else 0 end,
           r.weight * case when r.result = 'no_answer' then 1 else 0 end,
           r.weight * case when r.result = 'busy' then 1 else 0 end,
           r.weight * case when r.result = 'failed' then 1 else 0 end,
           r.weight * case when r.result = 'abandoned' then 1 else 0 end,
           r.weight * case when r.result = 'answered' then (r.billsec)::bigint else 0 end,
           r.weight * case when callboard_handed_over(r.transfer) then 1 else 0 end,
           r.weight * case when r.transfer = 'connected' then 1 else 0 end,
           r.weight * case when r.result = 'answered' and r.dtmf = '' then 1 else 0 end,
           r.weight * case when r.result = 'answered' and right(r.dtmf, 1) = '0' then 1 else 0 end,
           r.weight * case when r.result = 'answered' and right(r.dtmf, 1) = '1' then 1 else 0 end,
           r.weight * case when r.result = 'answered' and right(r.dtmf, 1) = '2' then 1 else 0 end,
           r.weight * case when r.result = 'answered' and right(r.dtmf, 1) = '3' then 1 else 0 end,
           r.weight * case when r.result = 'answered' and right(r.dtmf, 1) = '4' then 1 else 0 end,
           r.weight * case when r.result = 'answered' and right(r.dtmf, 1) = '5' then 1 else 0 end,
           r.weight * case when r.result = 'answered' and right(r.dtmf, 1) = '6' then 1 else 0 end,
           r.weight * case when r.result = 'answered' and right(r.dtmf, 1) = '7' then 1 else 0 end,
           r.weight * case when r.result = 'answered' and right(r.dtmf, 1) = '8' then 1 else 0 end,
           r.weight * case when r.result = 'answered' and right(r.dtmf, 1) = '9' then 1 else 0 end,
           r.weight * case when r.result = 'answered' and right(r.dtmf, 1) = '*' then 1 else 0 end,
           r.weight * case when r.result = 'answered' and right(r.dtmf, 1) = '#' then 1 else 0 end
    from (select) one
    cross join lateral (
        select *
        from autocall_attempts_journal r
        where r.tenant_id = $1
          and r.quarter >= $11
          and $2::smallint in (1 /* account */)
        offset 0
    ) r
    cross join lateral (
        select p.utc_offset
        from unnest($4, $5, $6, $7) as p (width, first_bucket, end_bucket, utc_offset)
        where r.quarter >= p.first_bucket::bigint * p.width
          and r.quarter < p.end_bucket::bigint * p.width
        offset 0
    ) p
    union all
    select callboard_local_second(r.started_at, p.utc_offset),
           0,
           1,
           case when r.result = 'answered' then 1 else 0 end,
           case when r.result = 'no_answer' then 1 else 0 end,
           case when r.result = 'busy' then 1 else 0 end,
           case when r.result = 'failed' then 1 else 0 end,
           case when r.result = 'abandoned' then 1 else 0 end,
           case when r.result = 'answered' then (r.billsec)::bigint else 0 end,
           case when callboard_handed_over(r.transfer) then 1 else 0 end,
           case when r.transfer = 'connected' then 1 else 0 end,
           case when r.result = 'answered' and r.dtmf = '' then 1 else 0 end,
           case when r.result = 'answered' and right(r.dtmf, 1) = '0' then 1 else 0 end,
           case when r.result = 'answered' and right(r.dtmf, 1) = '1' then 1 else 0 end,
           case when r.result = 'answered' and right(r.dtmf, 1) = '2' then 1 else 0 end,
           case when r.result = 'answered' and right(r.dtmf, 1) = '3' then 1 else 0 end,
           case when r.result = 'answered' and right(r.dtmf, 1) = '4' then 1 else 0 end,
           case when r.result = 'answered' and right(r.dtmf, 1) = '5' then 1 else 0 end,
           case when r.result = 'answered' and right(r.dtmf, 1) = '6' then 1 else 0 end,
           case when r.result = 'answered' and right(r.dtmf, 1) = '7' then 1 else 0 end,
           case when r.result = 'answered' and right(r.dtmf, 1) = '8' then 1 else 0 end,
           case when r.result = 'answered' and right(r.dtmf, 1) = '9' then 1 else 0 end,
           case when r.result = 'answered' and right(r.dtmf, 1) = '*' then 1 else 0 end,
           case when r.result = 'answered' and right(r.dtmf, 1) = '#' then 1 else 0 end
    from unnest($8, $9, $10) as p (begins, ends, utc_offset)
    cross join lateral (
        select *
        from autocall_attempts r
        where r.tenant_id = $1
          and r.started_at >= p.begins
          and r.started_at < p.ends
          and $2::smallint in (1 /* account */)
        offset 0
    ) r
    
) r;

select * from (
    select stored.bucket::bigint * p.width * 900 + p.utc_offset as local_second,
           stored.agent_id,
           stored.hangup_cause,
           stored.attempts
    from unnest($4, $5, $6, $7) as p (width, first_bucket, end_bucket, utc_offset)
    cross join lateral (
        select *
        from autocall_hangups stored
        where stored.tenant_id = $1
          and stored.scope = $2::smallint
          and stored.campaign_id = $3::bigint
          and stored.agent_id = 0
          and stored.width = p.width
          and stored.bucket >= p.first_bucket
          and stored.bucket < p.end_bucket
        offset 0
    ) stored
    union all
    select r.quarter::bigint * 900 + p.utc_offset,
           0,
           callboard_short(r.hangup_cause) collate "C",
           r.weight * 1
    from (select) one
    cross join lateral (
        select *
        from autocall_attempts_journal r
        where r.tenant_id = $1
          and r.quarter >= $11
          and $2::smallint in (0 /* campaign */)
          and r.campaign_id = $3::bigint
          and r.hangup_cause is not null
        offset 0
    ) r
    cross join lateral (
        select p.utc_offset
        from unnest($4, $5, $6, $7) as p (width, first_bucket, end_bucket, utc_offset)
        where r.quarter >= p.first_bucket::bigint * p.width
          and r.quarter < p.end_bucket::bigint * p.width
        offset 0
    ) p
    union all
    select callboard_local_second(r.started_at, p.utc_offset),
           0,
           callboard_short(r.hangup_cause) collate "C",
           1
    from unnest($8, $9, $10) as p (begins, ends, utc_offset)
    cross join lateral (
        select *
        from autocall_attempts r
        where r.tenant_id = $1
          and r.started_at >= p.begins
          and r.started_at < p.ends
          and $2::smallint in (0 /* campaign */)
          and r.campaign_id = $3::bigint
          and r.hangup_cause is not null
        offset 0
    ) r
    
) r;

select * from (
    select stored.bucket::bigint * p.width * 900 + p.utc_offset as local_second,
           stored.agent_id,
           stored.path,
           stored.attempts
    from unnest($4, $5, $6, $7) as p (width, first_bucket, end_bucket, utc_offset)
    cross join lateral (
        select *
        from autocall_paths stored
        where stored.tenant_id = $1
          and stored.scope = $2::smallint
          and stored.campaign_id = $3::bigint
          and stored.agent_id = 0
          and stored.width = p.width
          and stored.bucket >= p.first_bucket
          and stored.bucket < p.end_bucket
        offset 0
    ) stored
    union all
    select r.quarter::bigint * 900 + p.utc_offset,
           0,
           callboard_path(r.script_path) collate "C",
           r.weight * 1
    from (select) one
    cross join lateral (
        select *
        from autocall_attempts_journal r
        where r.tenant_id = $1
          and r.quarter >= $11
          and $2::smallint in (0 /* campaign */)
          and r.campaign_id = $3::bigint
          and r.result = 'answered' and cardinality(r.script_path) > 0
        offset 0
    ) r
    cross join lateral (
        select p.utc_offset
        from unnest($4, $5, $6, $7) as p (width, first_bucket, end_bucket, utc_offset)
        where r.quarter >= p.first_bucket::bigint * p.width
          and r.quarter < p.end_bucket::bigint * p.width
        offset 0
    ) p
    union all
    select callboard_local_second(r.started_at, p.utc_offset),
           0,
           callboard_path(r.script_path) collate "C",
           1
    from unnest($8, $9, $10) as p (begins, ends, utc_offset)
    cross join lateral (
        select *
        from autocall_attempts r
        where r.tenant_id = $1
          and r.started_at >= p.begins
          and r.started_at < p.ends
          and $2::smallint in (0 /* campaign */)
          and r.campaign_id = $3::bigint
          and r.result = 'answered' and cardinality(r.script_path) > 0
        offset 0
    ) r
    
) r;

select * from (
    select stored.bucket::bigint * p.width * 900 + p.utc_offset as local_second,
           stored.agent_id,
           stored.outcome,
           stored.calls
    from unnest($4, $5, $6, $7) as p (width, first_bucket, end_bucket, utc_offset)
    cross join lateral (
        select *
        from autocall_outcomes stored
        where stored.tenant_id = $1
          and stored.scope = $2::smallint
          and stored.campaign_id = $3::bigint
          and stored.agent_id = 0
          and stored.width = p.width
          and stored.bucket >= p.first_bucket
          and stored.bucket < p.end_bucket
        offset 0
    ) stored
    union all
    select r.quarter::bigint * 900 + p.utc_offset,
           0,
           callboard_short(coalesce(r.outcome, r.result)) collate "C",
           r.weight * 1
    from (select) one
    cross join lateral (
        select *
        from autocall_attempts_journal r
        where r.tenant_id = $1
          and r.quarter >= $11
          and $2::smallint in (0 /* campaign */)
          and r.campaign_id = $3::bigint
          and coalesce(r.outcome, r.result) is not null
        offset 0
    ) r
    cross join lateral (
        select p.utc_offset
        from unnest($4, $5, $6, $7) as p (width, first_bucket, end_bucket, utc_offset)
        where r.quarter >= p.first_bucket::bigint * p.width
          and r.quarter < p.end_bucket::bigint * p.width
        offset 0
    ) p
    union all
    select callboard_local_second(r.started_at, p.utc_offset),
           0,
           callboard_short(coalesce(r.outcome, r.result)) collate "C",
           1
    from unnest($8, $9, $10) as p (begins, ends, utc_offset)
    cross join lateral (
        select *
        from autocall_attempts r
        where r.tenant_id = $1
          and r.started_at >= p.begins
          and r.started_at < p.ends
          and $2::smallint in (0 /* campaign */)
          and r.campaign_id = $3::bigint
          and coalesce(r.outcome, r.result) is not null
        offset 0
    ) r
    
    union all
    select r.quarter::bigint * 900 + p.utc_offset,
           0,
           callboard_short(coalesce(r.outcome, r.result)) collate "C",
           r.weight * 1
    from (select) one
    cross join lateral (
        select *
        from autocall_attempts_journal r
        where r.tenant_id = $1
          and r.quarter >= $11
          and $2::smallint in (1 /* account */)
          and coalesce(r.outcome, r.result) is not null
        offset 0
    ) r
    cross join lateral (
        select p.utc_offset
        from unnest($4, $5, $6, $7) as p (width, first_bucket, end_bucket, utc_offset)
        where r.quarter >= p.first_bucket::bigint * p.width
          and r.quarter < p.end_bucket::bigint * p.width
        offset 0
    ) p
    union all
    select callboard_local_second(r.started_at, p.utc_offset),
           0,
           callboard_short(coalesce(r.outcome, r.result)) collate "C",
           1
    from unnest($8, $9, $10) as p (begins, ends, utc_offset)
    cross join lateral (
        select *
        from autocall_attempts r
        where r.tenant_id = $1
          and r.started_at >= p.begins
          and r.started_at < p.ends
          and $2::smallint in (1 /* account */)
          and coalesce(r.outcome, r.result) is not null
        offset 0
    ) r
    
) r;

select * from (
    select stored.bucket::bigint * p.width * 900 + p.utc_offset as local_second,
           stored.agent_id,
           stored.provider,
           stored.calls
    from unnest($4, $5, $6, $7) as p (width, first_bucket, end_bucket, utc_offset)
    cross join lateral (
        select *
        from autocall_providers stored
        where stored.tenant_id = $1
          and stored.scope = $2::smallint
          and stored.campaign_id = $3::bigint
          and stored.agent_id = 0
          and stored.width = p.width
          and stored.bucket >= p.first_bucket
          and stored.bucket < p.end_bucket
        offset 0
    ) stored
    union all
    select r.quarter::bigint * 900 + p.utc_offset,
           0,
           callboard_short(coalesce(r.provider, '(unknown)')) collate "C",
           r.weight * 1
    from (select) one
    cross join lateral (
        select *
        from autocall_attempts_journal r
        where r.tenant_id = $1
          and r.quarter >= $11
          and $2::smallint in (0 /* campaign */)
          and r.campaign_id = $3::bigint
        offset 0
    ) r
    cross join lateral (
        select p.utc_offset
        from unnest($4, $5, $6, $7) as p (width, first_bucket, end_bucket, utc_offset)
        where r.quarter >= p.first_bucket::bigint * p.width
          and r.quarter < p.end_bucket::bigint * p.width
        offset 0
    ) p
    union all
    select callboard_local_second(r.started_at, p.utc_offset),
           0,
           callboard_short(coalesce(r.provider, '(unknown)')) collate "C",
           1
    from unnest($8, $9, $10) as p (begins, ends, utc_offset)
    cross join lateral (
        select *
        from autocall_attempts r
        where r.tenant_id = $1
          and r.started_at >= p.begins
          and r.started_at < p.ends
          and $2::smallint in (0 /* campaign */)
          and r.campaign_id = $3::bigint
        offset 0
    ) r
    
    union all
    select r.quarter::bigint * 900 + p.utc_offset,
           0,
           callboard_short(coalesce(r.provider, '(unknown)')) collate "C",
           r.weight * 1
    from (select) one
    cross join lateral (
        select *
        from autocall_attempts_journal r
        where r.tenant_id = $1
          and r.quarter >= $11
          and $2::smallint in (1 /* account */)
        offset 0
    ) r
    cross join lateral (
        select p.utc_offset
        from unnest($4, $5, $6, $7) as p (width, first_bucket, end_bucket, utc_offset)
        where r.quarter >= p.first_bucket::bigint * p.width
          and r.quarter < p.end_bucket::bigint * p.width
        offset 0
    ) p
    union all
    select callboard_local_second(r.started_at, p.utc_offset),
           0,
           callboard_short(coalesce(r.provider, '(unknown)')) collate "C",
           1
    from unnest($8, $9, $10) as p (begins, ends, utc_offset)
    cross join lateral (
        select *
        from autocall_attempts r
        where r.tenant_id = $1
          and r.started_at >= p.begins
          and r.started_at < p.ends
          and $2::smallint in (1 /* account */)
        offset 0
    ) r
    
) r;

select * from (
    select stored.bucket::bigint * p.width * 900 + p.utc_offset as local_second,
           stored.agent_id,
           stored.attempt_number,
           stored.calls,
           stored.answered
    from unnest($4, $5, $6, $7) as p (width, first_bucket, end_bucket, utc_offset)
    cross join lateral (
        select *
        from autocall_tries stored
        where stored.tenant_id = $1
          and stored.scope = $2::smallint
          and stored.campaign_id = $3::bigint
          and stored.agent_id = 0
          and stored.width = p.width
          and stored.bucket >= p.first_bucket
          and stored.bucket < p.end_bucket
        offset 0
    ) stored
    union all
    select r.quarter::bigint * 900 + p.utc_offset,
           0,
           r.attempt_number::text collate "C",
           r.weight * 1,
           r.weight * case when r.result = 'answered' then 1 else 0 end
    from (select) one
    cross join lateral (
        select *
        from autocall_attempts_journal r
        where r.tenant_id = $1
          and r.quarter >= $11
          and $2::smallint in (0 /* campaign */)
          and r.campaign_id = $3::bigint
        offset 0
    ) r
    cross join lateral (
        select p.utc_offset
        from unnest($4, $5, $6, $7) as p (width, first_bucket, end_bucket, utc_offset)
        where r.quarter >= p.first_bucket::bigint * p.width
          and r.quarter < p.end_bucket::bigint * p.width
        offset 0
    ) p
    union all
    select callboard_local_second(r.started_at, p.utc_offset),
           0,
           r.attempt_number::text collate "C",
           1,
           case when r.result = 'answered' then 1 else 0 end
    from unnest($8, $9, $10) as p (begins, ends, utc_offset)
    cross join lateral (
        select *
        from autocall_attempts r
        where r.tenant_id = $1
          and r.started_at >= p.begins
          and r.started_at < p.ends
          and $2::smallint in (0 /* campaign */)
          and r.campaign_id = $3::bigint
        offset 0
    ) r
    
    union all
    select r.quarter::bigint * 900 + p.utc_offset,
           0,
           r.attempt_number::text collate "C",
           r.weight * 1,
           r.weight * case when r.result = 'answered' then 1 else 0 end
    from (select) one
    cross join lateral (
        select *
        from autocall_attempts_journal r
        where r.tenant_id = $1
          and r.quarter >= $11
          and $2::smallint in (1 /* account */)
        offset 0
    ) r
    cross join lateral (
        select p.utc_offset
        from unnest($4, $5, $6, $7) as p (width, first_bucket, end_bucket, utc_offset)
        where r.quarter >= p.first_bucket::bigint * p.width
          and r.quarter < p.end_bucket::bigint * p.width
        offset 0
    ) p
    union all
    select callboard_local_second(r.started_at, p.utc_offset),
           0,
           r.attempt_number::text collate "C",
           1,
           case when r.result = 'answered' then 1 else 0 end
    from unnest($8, $9, $10) as p (begins, ends, utc_offset)
    cross join lateral (
        select *
        from autocall_attempts r
        where r.tenant_id = $1
          and r.started_at >= p.begins
          and r.started_at < p.ends
          and $2::smallint in (1 /* account */)
        offset 0
    ) r
    
) r;

select * from (
    select stored.bucket::bigint * p.width * 900 + p.utc_offset as local_second,
           stored.agent_id,
           stored.fifth,
           stored.calls
    from unnest($4, $5, $6, $7) as p (width, first_bucket, end_bucket, utc_offset)
    cross join lateral (
        select *
        from autocall_sentiments stored
        where stored.tenant_id = $1
          and stored.scope = $2::smallint
          and stored.campaign_id = $3::bigint
          and stored.agent_id = 0
          and stored.width = p.width
          and stored.bucket >= p.first_bucket
          and stored.bucket < p.end_bucket
        offset 0
    ) stored
    union all
    select r.quarter::bigint * 900 + p.utc_offset,
           0,
           callboard_fifth(r.sentiment)::text collate "C",
           r.weight * 1
    from (select) one
    cross join lateral (
        select *
        from autocall_attempts_journal r
        where r.tenant_id = $1
          and r.quarter >= $11
          and $2::smallint in (0 /* campaign */)
          and r.campaign_id = $3::bigint
          and r.sentiment is not null
        offset 0
    ) r
    cross join lateral (
        select p.utc_offset
        from unnest($4, $5, $6, $7) as p (width, first_bucket, end_bucket, utc_offset)
        where r.quarter >= p.first_bucket::bigint * p.width
          and r.quarter < p.end_bucket::bigint * p.width
        offset 0
    ) p
    union all
    select callboard_local_second(r.started_at, p.utc_offset),
           0,
           callboard_fifth(r.sentiment)::text collate "C",
           1
    from unnest($8, $9, $10) as p (begins, ends, utc_offset)
    cross join lateral (
        select *
        from autocall_attempts r
        where r.tenant_id = $1
          and r.started_at >= p.begins
          and r.started_at < p.ends
          and $2::smallint in (0 /* campaign */)
          and r.campaign_id = $3::bigint
          and r.sentiment is not null
        offset 0
    ) r
    
    union all
    select r.quarter::bigint * 900 + p.utc_offset,
           0,
           callboard_fifth(r.sentiment)::text collate "C",
           r.weight * 1
    from (select) one
    cross join lateral (
        select *
        from autocall_attempts_journal r
        where r.tenant_id = $1
          and r.quarter >= $11
          and $2::smallint in (1 /* account */)
          and r.sentiment is not null
        offset 0
    ) r
    cross join lateral (
        select p.utc_offset
        from unnest($4, $5, $6, $7) as p (width, first_bucket, end_bucket, utc_offset)
        where r.quarter >= p.first_bucket::bigint * p.width
          and r.quarter < p.end_bucket::bigint * p.width
        offset 0
    ) p
    union all
    select callboard_local_second(r.started_at, p.utc_offset),
           0,
           callboard_fifth(r.sentiment)::text collate "C",
           1
    from unnest($8, $9, $10) as p (begins, ends, utc_offset)
    cross join lateral (
        select *
        from autocall_attempts r
        where r.tenant_id = $1
          and r.started_at >= p.begins
          and r.started_at < p.ends
          and $2::smallint in (1 /* account */)
          and r.sentiment is not null
        offset 0
    ) r
    
) r;

select * from (
    with hours as materialized (
        select callboard_bucket(callboard_quarter($6), 4) as begins,
               callboard_bucket(callboard_quarter($7), 4) as ends
    ), changed as materialized (
        select r.lead_id,
               callboard_bucket(r.quarter, 4) as hour,
               (
                   1
                   + case when r.result = 'answered' then 2 else 0 end
                   + case when r.result = 'answered' and r.dtmf <> '' and coalesce((
                   (
                       select jsonb_object_agg(c.id, k.keys)
                       from (
                           select s.id,
                                  array(
                                      select action ->> 'digit'
                                      from jsonb_array_elements(s.dtmf_actions) action
                                      where length(action ->> 'digit') = 1
                                  ) as keys
                           from autocall_scripts s
                           where s.tenant_id = $1
                             and jsonb_typeof(s.dtmf_actions) = 'array'
                             and s.dtmf_actions <> '[]'
                           offset 0
                       ) k
                       cross join lateral (
                           select c.id
                           from autocall_campaigns c
                           where c.tenant_id = $1
                             and c.script_id = k.id
                           offset 0
                       ) c
                   ) -> r.campaign_id::text
               ) ? right(r.dtmf, 1), true) then 4 else 0 end
                   + case when callboard_handed_over(r.transfer) then 8 else 0 end
                   + case when r.agent_disposition is not null then 16 else 0 end
               )::smallint as stages,
               sum(r.weight) as n
        from autocall_attempts_journal r
        where r.tenant_id = $1
          and r.quarter >= callboard_quarter($6)
          and r.quarter < callboard_quarter($7)
          and $2::smallint in (0 /* campaign */)
          and r.campaign_id = $3::bigint
        group by 1, 2, 3
        having sum(r.weight) <> 0
    ), reached as materialized (
        select lead_id,
               coalesce(bit_or(before), 0) as before,
               coalesce(bit_or(after), 0) as after,
               coalesce(array_agg(hour) filter (where hour is not null), '{}') as hours
        from (
            select lead_id, null::integer as hour, null::smallint as before, stages as after
            from (
                select r.lead_id as lead_id,
                (
                    1
                    + case when r.result = 'answered' then 2 else 0 end
                    + case when r.result = 'answered' and r.dtmf <> '' and coalesce((
                    (
                        select jsonb_object_agg(c.id, k.keys)
                        from (
                            select s.id,
                                   array(
                                       select action ->> 'digit'
                                       from jsonb_array_elements(s.dtmf_actions) action
                                       where length(action ->> 'digit') = 1
                                   ) as keys
                            from autocall_scripts s
                            where s.tenant_id = $1
                              and jsonb_typeof(s.dtmf_actions) = 'array'
                              and s.dtmf_actions <> '[]'
                            offset 0
                        ) k
                        cross join lateral (
                            select c.id
                            from autocall_campaigns c
                            where c.tenant_id = $1
                              and c.script_id = k.id
                            offset 0
                        ) c
                    ) -> r.campaign_id::text
                ) ? right(r.dtmf, 1), true) then 4 else 0 end
                    + case when callboard_handed_over(r.transfer) then 8 else 0 end
                    + case when r.agent_disposition is not null then 16 else 0 end
                )::smallint as stages
                from (values
                    ($4, least($6, $5)),
                    (greatest($7, $4), $5)
                ) e (begins, ends)
                cross join lateral (
                    select *
                    from autocall_attempts r
                    where r.tenant_id = $1
                      and r.started_at >= e.begins
                      and r.started_at < e.ends
                      and $2::smallint in (0 /* campaign */)
                      and r.campaign_id = $3::bigint
                    offset 0
                ) r
                where e.begins < e.ends
            ) ends
            union all
            select lead_id,
                   hour,
                   bit_or(stages) filter (where before > 0),
                   bit_or(stages) filter (where after > 0)
            from (
                select lead_id,
                       hour,
                       stages,
                       sum(n) filter (where is_stored) as before,
                       sum(n) as after
                from (
                    select *, false as is_stored
                    from changed
                    union all
                    select h.lead_id, h.hour, t.stages, t.n, true
                    from (select distinct lead_id, hour from changed) h
                    cross join lateral (
                        select t.stages, t.n
                        from autocall_trail t
                        where t.tenant_id = $1
                          and t.lead_id = h.lead_id
                          and t.hour = h.hour
                          and t.campaign_id = $3::bigint
                        offset 0
                    ) t
                ) parts
                group by 1, 2, 3
            ) rows
            group by 1, 2
        ) parts
        group by lead_id
    ), linked as (
        select
            coalesce(sum(l.dialed), 0) as dialed,
            coalesce(sum(l.answered), 0) as answered,
            coalesce(sum(l.pressed), 0) as pressed,
            coalesce(sum(l.handed_over), 0) as handed_over,
            coalesce(sum(l.disposed), 0) as disposed
        from unnest($8, $9, $10, $11, $12, $13) as q (width, first_bucket, end_bucket, later_width, later_first, later_end)
        cross join lateral (
            select l.*
            from generate_series(
                q.first_bucket,
                case when q.end_bucket - q.first_bucket > 1000 then q.first_bucket else q.end_bucket end - 1
            ) as e (bucket)
            cross join lateral (
                select *
                from autocall_links l
                where l.tenant_id = $1
                  and l.scope = $2::smallint
                  and l.campaign_id = $3::bigint
                  and l.width = q.width
                  and l.later_width = q.later_width
                  and l.bucket = e.bucket
                  and l.later_bucket >= q.later_first
                  and l.later_bucket < q.later_end
                offset 0
            ) l
            union all
            select l.*
            from autocall_links l
            where q.end_bucket - q.first_bucket > 1000
              and l.tenant_id = $1
              and l.scope = $2::smallint
              and l.campaign_id = $3::bigint
              and l.width = q.width
              and l.later_width = q.later_width
              and l.bucket >= q.first_bucket
              and l.bucket < q.end_bucket
              and l.later_bucket >= q.later_first
              and l.later_bucket < q.later_end
        ) l
    ), corrected as (
        select
            coalesce(sum(
                1 * ((r.after | k.stages) & 1 <> 0)::integer
                - 1 * ((r.before | k.stages) & 1 <> 0)::integer
            ), 0) as dialed,
            coalesce(sum(
                1 * ((r.after | k.stages) & 2 <> 0)::integer
                - 1 * ((r.before | k.stages) & 2 <> 0)::integer
            ), 0) as answered,
            coalesce(sum(
                1 * ((r.after | k.stages) & 4 <> 0)::integer
                - 1 * ((r.before | k.stages) & 4 <> 0)::integer
            ), 0) as pressed,
            coalesce(sum(
                1 * ((r.after | k.stages) & 8 <> 0)::integer
                - 1 * ((r.before | k.stages) & 8 <> 0)::integer
            ), 0) as handed_over,
            coalesce(sum(
                1 * ((r.after | k.stages) & 16 <> 0)::integer
                - 1 * ((r.before | k.stages) & 16 <> 0)::integer
            ), 0) as disposed
        from reached r
        cross join hours h
        cross join lateral (
            select coalesce(bit_or(t.stages), 0) as stages
            from autocall_trail t
            where t.tenant_id = $1
              and t.lead_id = r.lead_id
              and t.campaign_id = $3::bigint
              and t.hour >= h.begins
              and t.hour < h.ends
              and t.hour <> all (r.hours)
        ) k
        where r.before <> r.after
    )
    select
        linked.dialed + corrected.dialed as dialed,
        linked.answered + corrected.answered as answered,
        linked.pressed + corrected.pressed as pressed,
        linked.handed_over + corrected.handed_over as handed_over,
        linked.disposed + corrected.disposed as disposed
    from linked, corrected
) r;

select * from (
    select stored.bucket::bigint * p.width * 900 + p.utc_offset as local_second,
           stored.agent_id,
           stored.leads,
           stored.unfinished
    from unnest($4, $5, $6, $7) as p (width, first_bucket, end_bucket, utc_offset)
    cross join lateral (
        select *
        from autocall_lead_totals stored
        where stored.tenant_id = $1
          and stored.scope = $2::smallint
          and stored.campaign_id = $3::bigint
          and stored.agent_id = 0
          and stored.width = p.width
          and stored.bucket >= p.first_bucket
          and stored.bucket < p.end_bucket
        offset 0
    ) stored
    union all
    select r.quarter::bigint * 900 + p.utc_offset,
           0,
           r.weight * 1,
           r.weight * case when r.status in ('pending', 'in_progress', 'retry') then 1 else 0 end
    from (select) one
    cross join lateral (
        select *
        from autocall_leads_journal r
        where r.tenant_id = $1
          and r.quarter >= $11
          and $2::smallint in (0 /* campaign */)
          and r.campaign_id = $3::bigint
        offset 0
    ) r
    cross join lateral (
        select p.utc_offset
        from unnest($4, $5, $6, $7) as p (width, first_bucket, end_bucket, utc_offset)
        where r.quarter >= p.first_bucket::bigint * p.width
          and r.quarter < p.end_bucket::bigint * p.width
        offset 0
    ) p
    union all
    select callboard_local_second(r.created_at, p.utc_offset),
           0,
           1,
           case when r.status in ('pending', 'in_progress', 'retry') then 1 else 0 end
    from unnest($8, $9, $10) as p (begins, ends, utc_offset)
    cross join lateral (
        select *
        from autocall_leads r
        where r.tenant_id = $1
          and r.created_at >= p.begins
          and r.created_at < p.ends
          and $2::smallint in (0 /* campaign */)
          and r.campaign_id = $3::bigint
        offset 0
    ) r
    
) r;

select * from (
    select stored.bucket::bigint * p.width * 900 + p.utc_offset as local_second,
           stored.agent_id,
           stored.dials,
           stored.answers,
           stored.abandoned,
           stored.blocked,
           stored.in_progress,
           stored.conversions,
           stored.talk_sec,
           stored.handling_sec
    from unnest($5, $6, $7, $8) as p (width, first_bucket, end_bucket, utc_offset)
    cross join unnest($4::bigint[]) as agent (id)
    cross join lateral (
        select *
        from telesales_totals stored
        where stored.tenant_id = $1
          and stored.scope = $2::smallint
          and stored.campaign_id = $3::bigint
          and stored.agent_id = agent.id
          and stored.width = p.width
          and stored.bucket >= p.first_bucket
          and stored.bucket < p.end_bucket
        offset 0
    ) stored
    union all
    select r.quarter::bigint * 900 + p.utc_offset,
           coalesce(r.agent_id, 0),
           r.weight * case when callboard_is_dial(r.result) then 1 else 0 end,
           r.weight * case when callboard_is_answer(r.result) then 1 else 0 end,
           r.weight * case when r.result = 'abandoned' then 1 else 0 end,
           r.weight * case when r.result = 'blocked' then 1 else 0 end,
           r.weight * case when r.result is null then 1 else 0 end,
           r.weight * case when callboard_is_dial(r.result) and r.disposition = any ((select callboard_conversions($1))::text[]) then 1 else 0 end,
           r.weight * case when callboard_is_dial(r.result) then (r.talk_sec)::bigint else 0 end,
           r.weight * case when callboard_is_answer(r.result) then (r.talk_sec::bigint + r.wrap_sec)::bigint else 0 end
    from (select) one
    cross join (
        -- The largest id has no successor, so its range is open.
        select range_agg(int8range(id, case when id < 9223372036854775807 then id + 1 end)) as ids
        from unnest($4::bigint[]) as agent (id)
    ) wanted
    cross join lateral (
        select *
        from telesales_calls_journal r
        where r.tenant_id = $1
          and r.quarter >= $12
          and $2::smallint in (0 /* campaign */, 2 /* agent_of_campaign */)
          and r.campaign_id = $3::bigint
          and ($2::smallint in (0 /* campaign */, 1 /* account */) or r.agent_id <@ wanted.ids)
        offset 0
    ) r
    cross join lateral (
        select p.utc_offset
        from unnest($5, $6, $7, $8) as p (width, first_bucket, end_bucket, utc_offset)
        where r.quarter >= p.first_bucket::bigint * p.width
          and r.quarter < p.end_bucket::bigint * p.width
        offset 0
    ) p
    union all
    select callboard_local_second(r.started_at, p.utc_offset),
           coalesce(r.agent_id, 0),
           case when callboard_is_dial(r.result) then 1 else 0 end,
           case when callboard_is_answer(r.result) then 1 else 0 end,
           case when r.result = 'abandoned' then 1 else 0 end,
           case when r.result = 'blocked' then 1 else 0 end,
           case when r.result is null then 1 else 0 end,
           case when callboard_is_dial(r.result) and r.disposition = any ((select callboard_conversions($1))::text[]) then 1 else 0 end,
           case when callboard_is_dial(r.result) then (r.talk_sec)::bigint else 0 end,
           case when callboard_is_answer(r.result) then (r.talk_sec::bigint + r.wrap_sec)::bigint else 0 end
    from unnest($9, $10, $11) as p (begins, ends, utc_offset)
    cross join (
        -- The largest id has no successor, so its range is open.
        select range_agg(int8range(id, case when id < 9223372036854775807 then id + 1 end)) as ids
        from unnest($4::bigint[]) as agent (id)
    ) wanted
    cross join lateral (
        select *
        from telesales_calls r
        where r.tenant_id = $1
          and r.started_at >= p.begins
          and r.started_at < p.ends
          and $2::smallint in (0 /* campaign */, 2 /* agent_of_campaign */)
          and r.campaign_id = $3::bigint
          and ($2::smallint in (0 /* campaign */, 1 /* account */) or r.agent_id <@ wanted.ids)
        offset 0
    ) r
    
    union all
    select r.quarter::bigint * 900 + p.utc_offset,
           coalesce(r.agent_id, 0),
           r.weight * case when callboard_is_dial(r.result) then 1 else 0 end,
           r.weight * case when callboard_is_answer(r.result) then 1 else 0 end,
           r.weight * case when r.result = 'abandoned' then 1 else 0 end,
           r.weight * case when r.result = 'blocked' then 1 else 0 end,
           r.weight * case when r.result is null then 1 else 0 end,
           r.weight * case when callboard_is_dial(r.result) and r.disposition = any ((select callboard_conversions($1))::text[]) then 1 else 0 end,
           r.weight * case when callboard_is_dial(r.result) then (r.talk_sec)::bigint else 0 end,
           r.weight * case when callboard_is_answer(r.result) then (r.talk_sec::bigint + r.wrap_sec)::bigint else 0 end
    from (select) one
    cross join (
        -- The largest id has no successor, so its range is open.
        select range_agg(int8range(id, case when id < 9223372036854775807 then id + 1 end)) as ids
        from unnest($4::bigint[]) as agent (id)
    ) wanted
    cross join lateral (
        select *
        from telesales_calls_journal r
        where r.tenant_id = $1
          and r.quarter >= $12
          and $2::smallint in (1 /* account */, 3 /* agent */)
          and ($2::smallint in (0 /* campaign */, 1 /* account */) or r.agent_id <@ wanted.ids)
        offset 0
    ) r
    cross join lateral (
        select p.utc_offset
        from unnest($5, $6, $7, $8) as p (width, first_bucket, end_bucket, utc_offset)
        where r.quarter >= p.first_bucket::bigint * p.width
          and r.quarter < p.end_bucket::bigint * p.width
        offset 0
    ) p
    union all
    select callboard_local_second(r.started_at, p.utc_offset),
           coalesce(r.agent_id, 0),
           case when callboard_is_dial(r.result) then 1 else 0 end,
           case when callboard_is_answer(r.result) then 1 else 0 end,
           case when r.result = 'abandoned' then 1 else 0 end,
           case when r.result = 'blocked' then 1 else 0 end,
           case when r.result is null then 1 else 0 end,
           case when callboard_is_dial(r.result) and r.disposition = any ((select callboard_conversions($1))::text[]) then 1 else 0 end,
           case when callboard_is_dial(r.result) then (r.talk_sec)::bigint else 0 end,
           case when callboard_is_answer(r.result) then (r.talk_sec::bigint + r.wrap_sec)::bigint else 0 end
    from unnest($9, $10, $11) as p (begins, ends, utc_offset)
    cross join (
        -- The largest id has no successor, so its range is open.
        select range_agg(int8range(id, case when id < 9223372036854775807 then id + 1 end)) as ids
        from unnest($4::bigint[]) as agent (id)
    ) wanted
    cross join lateral (
        select *
        from telesales_calls r
        where r.tenant_id = $1
          and r.started_at >= p.begins
          and r.started_at < p.ends
          and $2::smallint in (1 /* account */, 3 /* agent */)
          and ($2::smallint in (0 /* campaign */, 1 /* account */) or r.agent_id <@ wanted.ids)
        offset 0
    ) r
    
) r;

select * from (
    select stored.bucket::bigint * p.width * 900 + p.utc_offset as local_second,
           stored.agent_id,
           stored.code,
           stored.calls
    from unnest($5, $6, $7, $8) as p (width, first_bucket, end_bucket, utc_offset)
    cross join unnest($4::bigint[]) as agent (id)
    cross join lateral (
        select *
        from telesales_dispositions stored
        where stored.tenant_id = $1
          and stored.scope = $2::smallint
          and stored.campaign_id = $3::bigint
          and stored.agent_id = agent.id
          and stored.width = p.width
          and stored.bucket >= p.first_bucket
          and stored.bucket < p.end_bucket
        offset 0
    ) stored
    union all
    select r.quarter::bigint * 900 + p.utc_offset,
           coalesce(r.agent_id, 0),
           r.disposition collate "C",
           r.weight * 1
    from (select) one
    cross join (
        -- The largest id has no successor, so its range is open.
        select range_agg(int8range(id, case when id < 9223372036854775807 then id + 1 end)) as ids
        from unnest($4::bigint[]) as agent (id)
    ) wanted
    cross join lateral (
        select *
        from telesales_calls_journal r
        where r.tenant_id = $1
          and r.quarter >= $12
          and $2::smallint in (0 /* campaign */, 2 /* agent_of_campaign */)
          and r.campaign_id = $3::bigint
          and ($2::smallint in (0 /* campaign */, 1 /* account */) or r.agent_id <@ wanted.ids)
          and r.disposition is not null
        offset 0
    ) r
    cross join lateral (
        select p.utc_offset
        from unnest($5, $6, $7, $8) as p (width, first_bucket, end_bucket, utc_offset)
        where r.quarter >= p.first_bucket::bigint * p.width
          and r.quarter < p.end_bucket::bigint * p.width
        offset 0
    ) p
    union all
    select callboard_local_second(r.started_at, p.utc_offset),
           coalesce(r.agent_id, 0),
           r.disposition collate "C",
           1
    from unnest($9, $10, $11) as p (begins, ends, utc_offset)
    cross join (
        -- The largest id has no successor, so its range is open.
        select range_agg(int8range(id, case when id < 9223372036854775807 then id + 1 end)) as ids
        from unnest($4::bigint[]) as agent (id)
    ) wanted
    cross join lateral (
        select *
        from telesales_calls r
        where r.tenant_id = $1
          and r.started_at >= p.begins
          and r.started_at < p.ends
          and $2::smallint in (0 /* campaign */, 2 /* agent_of_campaign */)
          and r.campaign_id = $3::bigint
          and ($2::smallint in (0 /* campaign */, 1 /* account */) or r.agent_id <@ wanted.ids)
          and r.disposition is not null
        offset 0
    ) r
    
    union all
    select r.quarter::bigint * 900 + p.utc_offset,
           coalesce(r.agent_id, 0),
           r.disposition collate "C",
           r.weight * 1
    from (select) one
    cross join (
        -- The largest id has no successor, so its range is open.
        select range_agg(int8range(id, case when id < 9223372036854775807 then id + 1 end)) as ids
        from unnest($4::bigint[]) as agent (id)
    ) wanted
    cross join lateral (
        select *
        from telesales_calls_journal r
        where r.tenant_id = $1
          and r.quarter >= $12
          and $2::smallint in (1 /* account */, 3 /* agent */)
          and ($2::smallint in (0 /* campaign */, 1 /* account */) or r.agent_id <@ wanted.ids)
          and r.disposition is not null
        offset 0
    ) r
    cross join lateral (
        select p.utc_offset
        from unnest($5, $6, $7, $8) as p (width, first_bucket, end_bucket, utc_offset)
        where r.quarter >= p.first_bucket::bigint * p.width
          and r.quarter < p.end_bucket::bigint * p.width
        offset 0
    ) p
    union all
    select callboard_local_second(r.started_at, p.utc_offset),
           coalesce(r.agent_id, 0),
           r.disposition collate "C",
           1
    from unnest($9, $10, $11) as p (begins, ends, utc_offset)
    cross join (
        -- The largest id has no successor, so its range is open.
        select range_agg(int8range(id, case when id < 9223372036854775807 then id + 1 end)) as ids
        from unnest($4::bigint[]) as agent (id)
    ) wanted
    cross join lateral (
        select *
        from telesales_calls r
        where r.tenant_id = $1
          and r.started_at >= p.begins
          and r.started_at < p.ends
          and $2::smallint in (1 /* account */, 3 /* agent */)
          and ($2::smallint in (0 /* campaign */, 1 /* account */) or r.agent_id <@ wanted.ids)
          and r.disposition is not null
        offset 0
    ) r
    
) r;

select * from (
    select stored.bucket::bigint * p.width * 900 + p.utc_offset as local_second,
           stored.agent_id,
           stored.cid,
           stored.calls,
           stored.answers,
           stored.short,
           stored.rejected,
           stored.talk_sec
    from unnest($5, $6, $7, $8) as p (width, first_bucket, end_bucket, utc_offset)
    cross join unnest($4::bigint[]) as agent (id)
    cross join lateral (
        select *
        from telesales_caller_ids stored
        where stored.tenant_id = $1
          and stored.scope = $2::smallint
          and stored.campaign_id = $3::bigint
          and stored.agent_id = agent.id
          and stored.width = p.width
          and stored.bucket >= p.first_bucket
          and stored.bucket < p.end_bucket
        offset 0
    ) stored
    union all
    select r.quarter::bigint * 900 + p.utc_offset,
           coalesce(r.agent_id, 0),
           r.cid collate "C",
           r.weight * 1,
           r.weight * case when callboard_is_answer(r.result) then 1 else 0 end,
           r.weight * case when callboard_is_answer(r.result) and r.talk_sec < (select coalesce(
               (
                   select n
                   from (
                       select case when s ~ '^[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)$' then s::numeric end
                       from (
                           select replace(settings ->> 'short_call_sec', '_', '')
                           from tenants
                           where id = $1
                       ) setting (s)
                   ) read (n)
                   where n between 0 and 3600
               ),
               10
           )) then 1 else 0 end,
           r.weight * case when r.result = 'rejected' then 1 else 0 end,
           r.weight * (r.talk_sec)::bigint
    from (select) one
    cross join (
        -- The largest id has no successor, so its range is open.
        select range_agg(int8range(id, case when id < 9223372036854775807 then id + 1 end)) as ids
        from unnest($4::bigint[]) as agent (id)
    ) wanted
    cross join lateral (
        select *
        from telesales_calls_journal r
        where r.tenant_id = $1
          and r.quarter >= $12
          and $2::smallint in (0 /* campaign */, 2 /* agent_of_campaign */)
          and r.campaign_id = $3::bigint
          and ($2::smallint in (0 /* campaign */, 1 /* account */) or r.agent_id <@ wanted.ids)
          and callboard_is_dial(r.result) and r.cid is not null
        offset 0
    ) r
    cross join lateral (
        select p.utc_offset
        from unnest($5, $6, $7, $8) as p (width, first_bucket, end_bucket, utc_offset)
        where r.quarter >= p.first_bucket::bigint * p.width
          and r.quarter < p.end_bucket::bigint * p.width
        offset 0
    ) p
    union all
    select callboard_local_second(r.started_at, p.utc_offset),
           coalesce(r.agent_id, 0),
           r.cid collate "C",
           1,
           case when callboard_is_answer(r.result) then 1 else 0 end,
           case when callboard_is_answer(r.result) and r.talk_sec < (select coalesce(
               (
                   select n
                   from (
                       select case when s ~ '^[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)$' then s::numeric end
                       from (
                           select replace(settings ->> 'short_call_sec', '_', '')
                           from tenants
                           where id = $1
                       ) setting (s)
                   ) read (n)
                   where n between 0 and 3600
               ),
               10
           )) then 1 else 0 end,
           case when r.result = 'rejected' then 1 else 0 end,
           (r.talk_sec)::bigint
    from unnest($9, $10, $11) as p (begins, ends, utc_offset)
    cross join (
        -- The largest id has no successor, so its range is open.
        select range_agg(int8range(id, case when id < 9223372036854775807 then id + 1 end)) as ids
        from unnest($4::bigint[]) as agent (id)
    ) wanted
    cross join lateral (
        select *
        from telesales_calls r
        where r.tenant_id = $1
          and r.started_at >= p.begins
          and r.started_at < p.ends
          and $2::smallint in (0 /* campaign */, 2 /* agent_of_campaign */)
          and r.campaign_id = $3::bigint
          and ($2::smallint in (0 /* campaign */, 1 /* account */) or r.agent_id <@ wanted.ids)
          and callboard_is_dial(r.result) and r.cid is not null
        offset 0
    ) r
    
    union all
    select r.quarter::bigint * 900 + p.utc_offset,
           coalesce(r.agent_id, 0),
           r.cid collate "C",
           r.weight * 1,
           r.weight * case when callboard_is_answer(r.result) then 1 else 0 end,
           r.weight * case when callboard_is_answer(r.result) and r.talk_sec < (select coalesce(
               (
                   select n
                   from (
                       select case when s ~ '^[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)$' then s::numeric end
                       from (
                           select replace(settings ->> 'short_call_sec', '_', '')
                           from tenants
                           where id = $1
                       ) setting (s)
                   ) read (n)
                   where n between 0 and 3600
               ),
               10
           )) then 1 else 0 end,
           r.weight * case when r.result = 'rejected' then 1 else 0 end,
           r.weight * (r.talk_sec)::bigint
    from (select) one
    cross join (
        -- The largest id has no successor, so its range is open.
        select range_agg(int8range(id, case when id < 9223372036854775807 then id + 1 end)) as ids
        from unnest($4::bigint[]) as agent (id)
    ) wanted
    cross join lateral (
        select *
        from telesales_calls_journal r
        where r.tenant_id = $1
          and r.quarter >= $12
          and $2::smallint in (1 /* account */, 3 /* agent */)
          and ($2::smallint in (0 /* campaign */, 1 /* account */) or r.agent_id <@ wanted.ids)
          and callboard_is_dial(r.result) and r.cid is not null
        offset 0
    ) r
    cross join lateral (
        select p.utc_offset
        from unnest($5, $6, $7, $8) as p (width, first_bucket, end_bucket, utc_offset)
        where r.quarter >= p.first_bucket::bigint * p.width
          and r.quarter < p.end_bucket::bigint * p.width
        offset 0
    ) p
    union all
    select callboard_local_second(r.started_at, p.utc_offset),
           coalesce(r.agent_id, 0),
           r.cid collate "C",
           1,
           case when callboard_is_answer(r.result) then 1 else 0 end,
           case when callboard_is_answer(r.result) and r.talk_sec < (select coalesce(
               (
                   select n
                   from (
                       select case when s ~ '^[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)$' then s::numeric end
                       from (
                           select replace(settings ->> 'short_call_sec', '_', '')
                           from tenants
                           where id = $1
                       ) setting (s)
                   ) read (n)
                   where n between 0 and 3600
               ),
               10
           )) then 1 else 0 end,
           case when r.result = 'rejected' then 1 else 0 end,
           (r.talk_sec)::bigint
    from unnest($9, $10, $11) as p (begins, ends, utc_offset)
    cross join (
        -- The largest id has no successor, so its range is open.
        select range_agg(int8range(id, case when id < 9223372036854775807 then id + 1 end)) as ids
        from unnest($4::bigint[]) as agent (id)
    ) wanted
    cross join lateral (
        select *
        from telesales_calls r
        where r.tenant_id = $1
          and r.started_at >= p.begins
          and r.started_at < p.ends
          and $2::smallint in (1 /* account */, 3 /* agent */)
          and ($2::smallint in (0 /* campaign */, 1 /* account */) or r.agent_id <@ wanted.ids)
          and callboard_is_dial(r.result) and r.cid is not null
        offset 0
    ) r
    
) r;

select * from (
    select r.*
    from (
        select stored.bucket::bigint * p.width * 900 + p.utc_offset as local_second,
               stored.agent_id,
               stored.source,
               stored.dials,
               stored.answers,
               stored.abandoned,
               stored.blocked,
               stored.in_progress,
               stored.conversions,
               stored.talk_sec,
               stored.handling_sec
        from unnest($6, $7, $8, $9) as p (width, first_bucket, end_bucket, utc_offset)
        cross join unnest($4::bigint[]) as agent (id)
        cross join lateral (
            select *
            from telesales_totals_by_source stored
            where stored.tenant_id = $1
              and stored.scope = $2::smallint
              and stored.campaign_id = $3::bigint
              and stored.agent_id = agent.id
              and stored.width = p.width
              and stored.bucket >= p.first_bucket
              and stored.bucket < p.end_bucket
            offset 0
        ) stored
        union all
        select r.quarter::bigint * 900 + p.utc_offset,
               coalesce(r.agent_id, 0),
               coalesce(lead.source, '(unknown)') collate "C",
               r.weight * case when callboard_is_dial(r.result) then 1 else 0 end,
               r.weight * case when callboard_is_answer(r.result) then 1 else 0 end,
               r.weight * case when r.result = 'abandoned' then 1 else 0 end,
               r.weight * case when r.result = 'blocked' then 1 else 0 end,
               r.weight * case when r.result is null then 1 else 0 end,
               r.weight * case when callboard_is_dial(r.result) and r.disposition = any ((select callboard_conversions($1))::text[]) then 1 else 0 end,
               r.weight * case when callboard_is_dial(r.result) then (r.talk_sec)::bigint else 0 end,
               r.weight * case when callboard_is_answer(r.result) then (r.talk_sec::bigint + r.wrap_sec)::bigint else 0 end
        from (select) one
        cross join (
            -- The largest id has no successor, so its range is open.
            select range_agg(int8range(id, case when id < 9223372036854775807 then id + 1 end)) as ids
            from unnest($4::bigint[]) as agent (id)
        ) wanted
        cross join lateral (
            select *
            from telesales_calls_journal r
            where r.tenant_id = $1
              and r.quarter >= $13
              and $2::smallint in (0 /* campaign */, 2 /* agent_of_campaign */)
              and r.campaign_id = $3::bigint
              and ($2::smallint in (0 /* campaign */, 1 /* account */) or r.agent_id <@ wanted.ids)
            offset 0
        ) r
        left join lateral (
            select callboard_source(l.source) as source
            from telesales_leads l
            where l.tenant_id = $1
              and l.id = r.lead_id
            offset 0
        ) lead on true
        cross join lateral (
            select p.utc_offset
            from unnest($6, $7, $8, $9) as p (width, first_bucket, end_bucket, utc_offset)
            where r.quarter >= p.first_bucket::bigint * p.width
              and r.quarter < p.end_bucket::bigint * p.width
            offset 0
        ) p
        union all
        select callboard_local_second(r.started_at, p.utc_offset),
               coalesce(r.agent_id, 0),
               coalesce(lead.source, '(unknown)') collate "C",
               case when callboard_is_dial(r.result) then 1 else 0 end,
               case when callboard_is_answer(r.result) then 1 else 0 end,
               case when r.result = 'abandoned' then 1 else 0 end,
               case when r.result = 'blocked' then 1 else 0 end,
               case when r.result is null then 1 else 0 end,
               case when callboard_is_dial(r.result) and r.disposition = any ((select callboard_conversions($1))::text[]) then 1 else 0 end,
               case when callboard_is_dial(r.result) then (r.talk_sec)::bigint else 0 end,
               case when callboard_is_answer(r.result) then (r.talk_sec::bigint + r.wrap_sec)::bigint else 0 end
        from unnest($10, $11, $12) as p (begins, ends, utc_offset)
        cross join (
            -- The largest id has no successor, so its range is open.
            select range_agg(int8range(id, case when id < 9223372036854775807 then id + 1 end)) as ids
            from unnest($4::bigint[]) as agent (id)
        ) wanted
        cross join lateral (
            select *
            from telesales_calls r
            where r.tenant_id = $1
              and r.started_at >= p.begins
              and r.started_at < p.ends
              and $2::smallint in (0 /* campaign */, 2 /* agent_of_campaign */)
              and r.campaign_id = $3::bigint
              and ($2::smallint in (0 /* campaign */, 1 /* account */) or r.agent_id <@ wanted.ids)
            offset 0
        ) r
        left join lateral (
            select callboard_source(l.source) as source
            from telesales_leads l
            where l.tenant_id = $1
              and l.id = r.lead_id
            offset 0
        ) lead on true
        union all
        select r.quarter::bigint * 900 + p.utc_offset,
               coalesce(r.agent_id, 0),
               coalesce(lead.source, '(unknown)') collate "C",
               r.weight * case when callboard_is_dial(r.result) then 1 else 0 end,
               r.weight * case when callboard_is_answer(r.result) then 1 else 0 end,
               r.weight * case when r.result = 'abandoned' then 1 else 0 end,
               r.weight * case when r.result = 'blocked' then 1 else 0 end,
               r.weight * case when r.result is null then 1 else 0 end,
               r.weight * case when callboard_is_dial(r.result) and r.disposition = any ((select callboard_conversions($1))::text[]) then 1 else 0 end,
               r.weight * case when callboard_is_dial(r.result) then (r.talk_sec)::bigint else 0 end,
               r.weight * case when callboard_is_answer(r.result) then (r.talk_sec::bigint + r.wrap_sec)::bigint else 0 end
        from (select) one
        cross join (
            -- The largest id has no successor, so its range is open.
            select range_agg(int8range(id, case when id < 9223372036854775807 then id + 1 end)) as ids
            from unnest($4::bigint[]) as agent (id)
        ) wanted
        cross join lateral (
            select *
            from (
                with changed as materialized (
                    select lead_id,
                           source,
                           sum(n)::integer as n
                    from (
                        select l.id as lead_id,
                               callboard_source(l.source) as source,
                               l.weight as n
                        from telesales_leads_journal l
                        where l.tenant_id = $1
                        union all
                        select l.id,
                               '(unknown)',
                               -l.weight
                        from telesales_leads_journal l
                        where l.tenant_id = $1
                    ) entries
                    group by 1, 2
                    having sum(n) <> 0
                )
                select changed.n as weight,
                       callboard_quarter(r.started_at) as quarter,
                       r.campaign_id,
                       r.lead_id,
                       r.started_at,
                       r.agent_id,
                       r.cid,
                       r.result,
                       r.talk_sec,
                       r.wrap_sec,
                       r.disposition,
                       changed.source
                from changed
                cross join lateral (
                    select *
                    from telesales_calls r
                    where r.tenant_id = $1
                      and r.lead_id = changed.lead_id
                      and callboard_quarter(r.started_at) >= $13
                    offset 0
                ) r
                union all
                select -r.n * r.weight,
                       r.quarter,
                       r.campaign_id,
                       r.lead_id,
                       r.started_at,
                       r.agent_id,
                       r.cid,
                       r.result,
                       r.talk_sec,
                       r.wrap_sec,
                       r.disposition,
                       r.source
                from ( -- a full join, behind a fence: of journals that were never analyzed a nested loop would compare all with all
                    select r.*,
                           changed.n,
                           changed.source
                    from changed
                    full join (
                        select *
                        from telesales_calls_journal
                        where tenant_id = $1
                          and quarter >= $13
                    ) r on r.lead_id = changed.lead_id
                    offset 0
                ) r
                where r.n is not null
                  and r.weight is not null
            ) r
            where $2::smallint in (0 /* campaign */, 2 /* agent_of_campaign */)
            and r.campaign_id = $3::bigint
            and ($2::smallint in (0 /* campaign */, 1 /* account */) or r.agent_id <@ wanted.ids)
            offset 0
        ) r
        cross join lateral (select r.source) lead
        cross join lateral (
            select p.utc_offset
            from unnest($6, $7, $8, $9) as p (width, first_bucket, end_bucket, utc_offset)
            where r.quarter >= p.first_bucket::bigint * p.width
              and r.quarter < p.end_bucket::bigint * p.width
            offset 0
        ) p
        union all
        select r.quarter::bigint * 900 + p.utc_offset,
               coalesce(r.agent_id, 0),
               coalesce(lead.source, '(unknown)') collate "C",
               r.weight * case when callboard_is_dial(r.result) then 1 else 0 end,
               r.weight * case when callboard_is_answer(r.result) then 1 else 0 end,
               r.weight * case when r.result = 'abandoned' then 1 else 0 end,
               r.weight * case when r.result = 'blocked' then 1 else 0 end,
               r.weight * case when r.result is null then 1 else 0 end,
               r.weight * case when callboard_is_dial(r.result) and r.disposition = any ((select callboard_conversions($1))::text[]) then 1 else 0 end,
               r.weight * case when callboard_is_dial(r.result) then (r.talk_sec)::bigint else 0 end,
               r.weight * case when callboard_is_answer(r.result) then (r.talk_sec::bigint + r.wrap_sec)::bigint else 0 end
        from (select) one
        cross join (
            -- The largest id has no successor, so its range is open.
            select range_agg(int8range(id, case when id < 9223372036854775807 then id + 1 end)) as ids
            from unnest($4::bigint[]) as agent (id)
        ) wanted
        cross join lateral (
            select *
            from telesales_calls_journal r
            where r.tenant_id = $1
              and r.quarter >= $13
              and $2::smallint in (1 /* account */, 3 /* agent */)
              and ($2::smallint in (0 /* campaign */, 1 /* account */) or r.agent_id <@ wanted.ids)
            offset 0
        ) r
        left join lateral (
            select callboard_source(l.source) as source
            from telesales_leads l
            where l.tenant_id = $1
              and l.id = r.lead_id
            offset 0
        ) lead on true
        cross join lateral (
            select p.utc_offset
            from unnest($6, $7, $8, $9) as p (width, first_bucket, end_bucket, utc_offset)
            where r.quarter >= p.first_bucket::bigint * p.width
              and r.quarter < p.end_bucket::bigint * p.width
            offset 0
        ) p
        union all
        select callboard_local_second(r.started_at, p.utc_offset),
               coalesce(r.agent_id, 0),
               coalesce(lead.source, '(unknown)') collate "C",
               case when callboard_is_dial(r.result) then 1 else 0 end,
               case when callboard_is_answer(r.result) then 1 else 0 end,
               case when r.result = 'abandoned' then 1 else 0 end,
               case when r.result = 'blocked' then 1 else 0 end,
               case when r.result is null then 1 else 0 end,
               case when callboard_is_dial(r.result) and r.disposition = any ((select callboard_conversions($1))::text[]) then 1 else 0 end,
               case when callboard_is_dial(r.result) then (r.talk_sec)::bigint else 0 end,
               case when callboard_is_answer(r.result) then (r.talk_sec::bigint + r.wrap_sec)::bigint else 0 end
        from unnest($10, $11, $12) as p (begins, ends, utc_offset)
        cross join (
            -- The largest id has no successor, so its range is open.
            select range_agg(int8range(id, case when id < 9223372036854775807 then id + 1 end)) as ids
            from unnest($4::bigint[]) as agent (id)
        ) wanted
        cross join lateral (
            select *
            from telesales_calls r
            where r.tenant_id = $1
              and r.started_at >= p.begins
              and r.started_at < p.ends
              and $2::smallint in (1 /* account */, 3 /* agent */)
              and ($2::smallint in (0 /* campaign */, 1 /* account */) or r.agent_id <@ wanted.ids)
            offset 0
        ) r
        left join lateral (
            select callboard_source(l.source) as source
            from telesales_leads l
            where l.tenant_id = $1
              and l.id = r.lead_id
            offset 0
        ) lead on true
        union all
        select r.quarter::bigint * 900 + p.utc_offset,
               coalesce(r.agent_id, 0),
               coalesce(lead.source, '(unknown)') collate "C",
               r.weight * case when callboard_is_dial(r.result) then 1 else 0 end,
               r.weight * case when callboard_is_answer(r.result) then 1 else 0 end,
               r.weight * case when r.result = 'abandoned' then 1 else 0 end,
               r.weight * case when r.result = 'blocked' then 1 else 0 end,
               r.weight * case when r.result is null then 1 else 0 end,
               r.weight * case when callboard_is_dial(r.result) and r.disposition = any ((select callboard_conversions($1))::text[]) then 1 else 0 end,
               r.weight * case when callboard_is_dial(r.result) then (r.talk_sec)::bigint else 0 end,
               r.weight * case when callboard_is_answer(r.result) then (r.talk_sec::bigint + r.wrap_sec)::bigint else 0 end
        from (select) one
        cross join (
            -- The largest id has no successor, so its range is open.
            select range_agg(int8range(id, case when id < 9223372036854775807 then id + 1 end)) as ids
            from unnest($4::bigint[]) as agent (id)
        ) wanted
        cross join lateral (
            select *
            from (
                with changed as materialized (
                    select lead_id,
                           source,
                           sum(n)::integer as n
                    from (
                        select l.id as lead_id,
                               callboard_source(l.source) as source,
                               l.weight as n
                        from telesales_leads_journal l
                        where l.tenant_id = $1
                        union all
                        select l.id,
                               '(unknown)',
                               -l.weight
                        from telesales_leads_journal l
                        where l.tenant_id = $1
                    ) entries
                    group by 1, 2
                    having sum(n) <> 0
                )
                select changed.n as weight,
                       callboard_quarter(r.started_at) as quarter,
                       r.campaign_id,
                       r.lead_id,
                       r.started_at,
                       r.agent_id,
                       r.cid,
                       r.result,
                       r.talk_sec,
                       r.wrap_sec,
                       r.disposition,
                       changed.source
                from changed
                cross join lateral (
                    select *
                    from telesales_calls r
                    where r.tenant_id = $1
                      and r.lead_id = changed.lead_id
                      and callboard_quarter(r.started_at) >= $13
                    offset 0
                ) r
                union all
                select -r.n * r.weight,
                       r.quarter,
                       r.campaign_id,
                       r.lead_id,
                       r.started_at,
                       r.agent_id,
                       r.cid,
                       r.result,
                       r.talk_sec,
                       r.wrap_sec,
                       r.disposition,
                       r.source
                from ( -- a full join, behind a fence: of journals that were never analyzed a nested loop would compare all with all
                    select r.*,
                           changed.n,
                           changed.source
                    from changed
                    full join (
                        select *
                        from telesales_calls_journal
                        where tenant_id = $1
                          and quarter >= $13
                    ) r on r.lead_id = changed.lead_id
                    offset 0
                ) r
                where r.n is not null
                  and r.weight is not null
            ) r
            where $2::smallint in (1 /* account */, 3 /* agent */)
            and ($2::smallint in (0 /* campaign */, 1 /* account */) or r.agent_id <@ wanted.ids)
            offset 0
        ) r
        cross join lateral (select r.source) lead
        cross join lateral (
            select p.utc_offset
            from unnest($6, $7, $8, $9) as p (width, first_bucket, end_bucket, utc_offset)
            where r.quarter >= p.first_bucket::bigint * p.width
              and r.quarter < p.end_bucket::bigint * p.width
            offset 0
        ) p
    ) r
    where r.source = any ($5::text[])
) r;

select * from (
    select r.*
    from (
        select stored.bucket::bigint * p.width * 900 + p.utc_offset as local_second,
               stored.agent_id,
               stored.code,
               stored.source,
               stored.calls
        from unnest($6, $7, $8, $9) as p (width, first_bucket, end_bucket, utc_offset)
        cross join unnest($4::bigint[]) as agent (id)
        cross join lateral (
            select *
            from telesales_dispositions_by_source stored
            where stored.tenant_id = $1
              and stored.scope = $2::smallint
              and stored.campaign_id = $3::bigint
              and stored.agent_id = agent.id
              and stored.width = p.width
              and stored.bucket >= p.first_bucket
              and stored.bucket < p.end_bucket
            offset 0
        ) stored
        union all
        select r.quarter::bigint * 900 + p.utc_offset,
               coalesce(r.agent_id, 0),
               r.disposition collate "C",
               coalesce(lead.source, '(unknown)') collate "C",
               r.weight * 1
        from (select) one
        cross join (
            -- The largest id has no successor, so its range is open.
            select range_agg(int8range(id, case when id < 9223372036854775807 then id + 1 end)) as ids
            from unnest($4::bigint[]) as agent (id)
        ) wanted
        cross join lateral (
            select *
            from telesales_calls_journal r
            where r.tenant_id = $1
              and r.quarter >= $13
              and $2::smallint in (0 /* campaign */)
              and r.campaign_id = $3::bigint
              and ($2::smallint in (0 /* campaign */, 1 /* account */) or r.agent_id <@ wanted.ids)
              and r.disposition is not null
            offset 0
        ) r
        left join lateral (
            select callboard_source(l.source) as source
            from telesales_leads l
            where l.tenant_id = $1
              and l.id = r.lead_id
            offset 0
        ) lead on true
        cross join lateral (
            select p.utc_offset
            from unnest($6, $7, $8, $9) as p (width, first_bucket, end_bucket, utc_offset)
            where r.quarter >= p.first_bucket::bigint * p.width
              and r.quarter < p.end_bucket::bigint * p.width
            offset 0
        ) p
        union all
        select callboard_local_second(r.started_at, p.utc_offset),
               coalesce(r.agent_id, 0),
               r.disposition collate "C",
               coalesce(lead.source, '(unknown)') collate "C",
               1
        from unnest($10, $11, $12) as p (begins, ends, utc_offset)
        cross join (
            -- The largest id has no successor, so its range is open.
            select range_agg(int8range(id, case when id < 9223372036854775807 then id + 1 end)) as ids
            from unnest($4::bigint[]) as agent (id)
        ) wanted
        cross join lateral (
            select *
            from telesales_calls r
            where r.tenant_id = $1
              and r.started_at >= p.begins
              and r.started_at < p.ends
              and $2::smallint in (0 /* campaign */)
              and r.campaign_id = $3::bigint
              and ($2::smallint in (0 /* campaign */, 1 /* account */) or r.agent_id <@ wanted.ids)
              and r.disposition is not null
            offset 0
        ) r
        left join lateral (
            select callboard_source(l.source) as source
            from telesales_leads l
            where l.tenant_id = $1
              and l.id = r.lead_id
            offset 0
        ) lead on true
        union all
        select r.quarter::bigint * 900 + p.utc_offset,
               coalesce(r.agent_id, 0),
               r.disposition collate "C",
               coalesce(lead.source, '(unknown)') collate "C",
               r.weight * 1
        from (select) one
        cross join (
            -- The largest id has no successor, so its range is open.
            select range_agg(int8range(id, case when id < 9223372036854775807 then id + 1 end)) as ids
            from unnest($4::bigint[]) as agent (id)
        ) wanted
        cross join lateral (
            select *
            from (
                with changed as materialized (
                    select lead_id,
                           source,
                           sum(n)::integer as n
                    from (
                        select l.id as lead_id,
                               callboard_source(l.source) as source,
                               l.weight as n
                        from telesales_leads_journal l
                        where l.tenant_id = $1
                        union all
                        select l.id,
                               '(unknown)',
                               -l.weight
                        from telesales_leads_journal l
                        where l.tenant_id = $1
                    ) entries
                    group by 1, 2
                    having sum(n) <> 0
                )
                select changed.n as weight,
                       callboard_quarter(r.started_at) as quarter,
                       r.campaign_id,
                       r.lead_id,
                       r.started_at,
                       r.agent_id,
                       r.cid,
                       r.result,
                       r.talk_sec,
                       r.wrap_sec,
                       r.disposition,
                       changed.source
                from changed
                cross join lateral (
                    select *
                    from telesales_calls r
                    where r.tenant_id = $1
                      and r.lead_id = changed.lead_id
                      and callboard_quarter(r.started_at) >= $13
                    offset 0
                ) r
                union all
                select -r.n * r.weight,
                       r.quarter,
                       r.campaign_id,
                       r.lead_id,
                       r.started_at,
                       r.agent_id,
                       r.cid,
                       r.result,
                       r.talk_sec,
                       r.wrap_sec,
                       r.disposition,
                       r.source
                from ( -- a full join, behind a fence: of journals that were never analyzed a nested loop would compare all with all
                    select r.*,
                           changed.n,
                           changed.source
                    from changed
                    full join (
                        select *
                        from telesales_calls_journal
                        where tenant_id = $1
                          and quarter >= $13
                    ) r on r.lead_id = changed.lead_id
                    offset 0
                ) r
                where r.n is not null
                  and r.weight is not null
            ) r
            where $2::smallint in (0 /* campaign */)
            and r.campaign_id = $3::bigint
            and ($2::smallint in (0 /* campaign */, 1 /* account */) or r.agent_id <@ wanted.ids)
            and r.disposition is not null
            offset 0
        ) r
        cross join lateral (select r.source) lead
        cross join lateral (
            select p.utc_offset
            from unnest($6, $7, $8, $9) as p (width, first_bucket, end_bucket, utc_offset)
            where r.quarter >= p.first_bucket::bigint * p.width
              and r.quarter < p.end_bucket::bigint * p.width
            offset 0
        ) p
        union all
        select r.quarter::bigint * 900 + p.utc_offset,
               coalesce(r.agent_id, 0),
               r.disposition collate "C",
               coalesce(lead.source, '(unknown)') collate "C",
               r.weight * 1
        from (select) one
        cross join (
            -- The largest id has no successor, so its range is open.
            select range_agg(int8range(id, case when id < 9223372036854775807 then id + 1 end)) as ids
            from unnest($4::bigint[]) as agent (id)
        ) wanted
        cross join lateral (
            select *
            from telesales_calls_journal r
            where r.tenant_id = $1
              and r.quarter >= $13
              and $2::smallint in (1 /* account */)
              and ($2::smallint in (0 /* campaign */, 1 /* account */) or r.agent_id <@ wanted.ids)
              and r.disposition is not null
            offset 0
        ) r
        left join lateral (
            select callboard_source(l.source) as source
            from telesales_leads l
            where l.tenant_id = $1
              and l.id = r.lead_id
            offset 0
        ) lead on true
        cross join lateral (
            select p.utc_offset
            from unnest($6, $7, $8, $9) as p (width, first_bucket, end_bucket, utc_offset)
            where r.quarter >= p.first_bucket::bigint * p.width
              and r.quarter < p.end_bucket::bigint * p.width
            offset 0
        ) p
        union all
        select callboard_local_second(r.started_at, p.utc_offset),
               coalesce(r.agent_id, 0),
               r.disposition collate "C",
               coalesce(lead.source, '(unknown)') collate "C",
               1
        from unnest($10, $11, $12) as p (begins, ends, utc_offset)
        cross join (
            -- The largest id has no successor, so its range is open.
            select range_agg(int8range(id, case when id < 9223372036854775807 then id + 1 end)) as ids
            from unnest($4::bigint[]) as agent (id)
        ) wanted
        cross join lateral (
            select *
            from telesales_calls r
            where r.tenant_id = $1
              and r.started_at >= p.begins
              and r.started_at < p.ends
              and $2::smallint in (1 /* account */)
              and ($2::smallint in (0 /* campaign */, 1 /* account */) or r.agent_id <@ wanted.ids)
              and r.disposition is not null
            offset 0
        ) r
        left join lateral (
            select callboard_source(l.source) as source
            from telesales_leads l
            where l.tenant_id = $1
              and l.id = r.lead_id
            offset 0
        ) lead on true
        union all
        select r.quarter::bigint * 900 + p.utc_offset,
               coalesce(r.agent_id, 0),
               r.disposition collate "C",
               coalesce(lead.source, '(unknown)') collate "C",
               r.weight * 1
        from (select) one
        cross join (
            -- The largest id has no successor, so its range is open.
            select range_agg(int8range(id, case when id < 9223372036854775807 then id + 1 end)) as ids
            from unnest($4::bigint[]) as agent (id)
        ) wanted
        cross join lateral (
            select *
            from (
                with changed as materialized (
                    select lead_id,
                           source,
                           sum(n)::integer as n
                    from (
                        select l.id as lead_id,
                               callboard_source(l.source) as source,
                               l.weight as n
                        from telesales_leads_journal l
                        where l.tenant_id = $1
                        union all
                        select l.id,
                               '(unknown)',
                               -l.weight
                        from telesales_leads_journal l
                        where l.tenant_id = $1
                    ) entries
                    group by 1, 2
                    having sum(n) <> 0
                )
                select changed.n as weight,
                       callboard_quarter(r.started_at) as quarter,
                       r.campaign_id,
                       r.lead_id,
                       r.started_at,
                       r.agent_id,
                       r.cid,
                       r.result,
                       r.talk_sec,
                       r.wrap_sec,
                       r.disposition,
                       changed.source
                from changed
                cross join lateral (
                    select *
                    from telesales_calls r
                    where r.tenant_id = $1
                      and r.lead_id = changed.lead_id
                      and callboard_quarter(r.started_at) >= $13
                    offset 0
                ) r
                union all
                select -r.n * r.weight,
                       r.quarter,
                       r.campaign_id,
                       r.lead_id,
                       r.started_at,
                       r.agent_id,
                       r.cid,
                       r.result,
                       r.talk_sec,
                       r.wrap_sec,
                       r.disposition,
                       r.source
                from ( -- a full join, behind a fence: of journals that were never analyzed a nested loop would compare all with all
                    select r.*,
                           changed.n,
                           changed.source
                    from changed
                    full join (
                        select *
                        from telesales_calls_journal
                        where tenant_id = $1
                          and quarter >= $13
                    ) r on r.lead_id = changed.lead_id
                    offset 0
                ) r
                where r.n is not null
                  and r.weight is not null
            ) r
            where $2::smallint in (1 /* account */)
            and ($2::smallint in (0 /* campaign */, 1 /* account */) or r.agent_id <@ wanted.ids)
            and r.disposition is not null
            offset 0
        ) r
        cross join lateral (select r.source) lead
        cross join lateral (
            select p.utc_offset
            from unnest($6, $7, $8, $9) as p (width, first_bucket, end_bucket, utc_offset)
            where r.quarter >= p.first_bucket::bigint * p.width
              and r.quarter < p.end_bucket::bigint * p.width
            offset 0
        ) p
    ) r
    where r.source = any ($5::text[])
) r;

select * from (
    with hours as materialized (
        select callboard_bucket(callboard_quarter($6), 4) as begins,
               callboard_bucket(callboard_quarter($7), 4) as ends
    ), changed as materialized (
        select r.lead_id,
               callboard_bucket(r.quarter, 4) as hour,
               (
                   case when callboard_is_dial(r.result) then 1 else 0 end
                   + case when callboard_is_answer(r.result) then 2 else 0 end
                   + case when callboard_is_dial(r.result) and r.talk_sec > 30 then 4 else 0 end
                   + case when callboard_is_dial(r.result) and r.disposition is not null then 8 else 0 end
                   + case when callboard_is_dial(r.result) and r.disposition = any ((select callboard_conversions($1))::text[]) then 16 else 0 end
               )::smallint as stages,
               sum(r.weight) as n
        from telesales_calls_journal r
        where r.tenant_id = $1
          and r.quarter >= callboard_quarter($6)
          and r.quarter < callboard_quarter($7)
          and $2::smallint in (0 /* campaign */, 2 /* agent_of_campaign */)
          and r.campaign_id = $3::bigint
        group by 1, 2, 3
        having sum(r.weight) <> 0
        union all
        select r.lead_id,
               callboard_bucket(r.quarter, 4) as hour,
               (
                   case when callboard_is_dial(r.result) then 1 else 0 end
                   + case when callboard_is_answer(r.result) then 2 else 0 end
                   + case when callboard_is_dial(r.result) and r.talk_sec > 30 then 4 else 0 end
                   + case when callboard_is_dial(r.result) and r.disposition is not null then 8 else 0 end
                   + case when callboard_is_dial(r.result) and r.disposition = any ((select callboard_conversions($1))::text[]) then 16 else 0 end
               )::smallint as stages,
               sum(r.weight) as n
        from telesales_calls_journal r
        where r.tenant_id = $1
          and r.quarter >= callboard_quarter($6)
          and r.quarter < callboard_quarter($7)
          and $2::smallint in (1 /* account */, 3 /* agent */)
        group by 1, 2, 3
        having sum(r.weight) <> 0
    ), reached as materialized (
        select lead_id,
               coalesce(bit_or(before), 0) as before,
               coalesce(bit_or(after), 0) as after,
               coalesce(array_agg(hour) filter (where hour is not null), '{}') as hours
        from (
            select lead_id, null::integer as hour, null::smallint as before, stages as after
            from (
                select r.lead_id as lead_id,
                (
                    case when callboard_is_dial(r.result) then 1 else 0 end
                    + case when callboard_is_answer(r.result) then 2 else 0 end
                    + case when callboard_is_dial(r.result) and r.talk_sec > 30 then 4 else 0 end
                    + case when callboard_is_dial(r.result) and r.disposition is not null then 8 else 0 end
                    + case when callboard_is_dial(r.result) and r.disposition = any ((select callboard_conversions($1))::text[]) then 16 else 0 end
                )::smallint as stages
                from (values
                    ($4, least($6, $5)),
                    (greatest($7, $4), $5)
                ) e (begins, ends)
                cross join lateral (
                    select *
                    from telesales_calls r
                    where r.tenant_id = $1
                      and r.started_at >= e.begins
                      and r.started_at < e.ends
                      and $2::smallint in (0 /* campaign */, 2 /* agent_of_campaign */)
                      and r.campaign_id = $3::bigint
                    offset 0
                ) r
                where e.begins < e.ends
                union all
                select r.lead_id as lead_id,
                (
                    case when callboard_is_dial(r.result) then 1 else 0 end
                    + case when callboard_is_answer(r.result) then 2 else 0 end
                    + case when callboard_is_dial(r.result) and r.talk_sec > 30 then 4 else 0 end
                    + case when callboard_is_dial(r.result) and r.disposition is not null then 8 else 0 end
                    + case when callboard_is_dial(r.result) and r.disposition = any ((select callboard_conversions($1))::text[]) then 16 else 0 end
                )::smallint as stages
                from (values
                    ($4, least($6, $5)),
                    (greatest($7, $4), $5)
                ) e (begins, ends)
                cross join lateral (
                    select *
                    from telesales_calls r
                    where r.tenant_id = $1
                      and r.started_at >= e.begins
                      and r.started_at < e.ends
                      and $2::smallint in (1 /* account */, 3 /* agent */)
                    offset 0
                ) r
                where e.begins < e.ends
            ) ends
            union all
            select lead_id,
                   hour,
                   bit_or(stages) filter (where before > 0),
                   bit_or(stages) filter (where after > 0)
            from (
                select lead_id,
                       hour,
                       stages,
                       sum(n) filter (where is_stored) as before,
                       sum(n) as after
                from (
                    select *, false as is_stored
                    from changed
                    union all
                    select h.lead_id, h.hour, t.stages, t.n, true
                    from (select distinct lead_id, hour from changed) h
                    cross join lateral (
                        select t.stages, t.n
                        from telesales_trail t
                        where t.tenant_id = $1
                          and t.lead_id = h.lead_id
                          and t.hour = h.hour
                          and ($2::smallint = 1 /* account */ or t.campaign_id = $3::bigint)
                        offset 0
                    ) t
                ) parts
                group by 1, 2, 3
            ) rows
            group by 1, 2
        ) parts
        group by lead_id
    ), linked as (
        select
            coalesce(sum(l.dialed), 0) as dialed,
            coalesce(sum(l.connected), 0) as connected,
            coalesce(sum(l.talked), 0) as talked,
            coalesce(sum(l.disposed), 0) as disposed,
            coalesce(sum(l.converted), 0) as converted
        from unnest($8, $9, $10, $11, $12, $13) as q (width, first_bucket, end_bucket, later_width, later_first, later_end)
        cross join lateral (
            select l.*
            from generate_series(
                q.first_bucket,
                case when q.end_bucket - q.first_bucket > 1000 then q.first_bucket else q.end_bucket end - 1
            ) as e (bucket)
            cross join lateral (
                select *
                from telesales_links l
                where l.tenant_id = $1
                  and l.scope = $2::smallint
                  and l.campaign_id = $3::bigint
                  and l.width = q.width
                  and l.later_width = q.later_width
                  and l.bucket = e.bucket
                  and l.later_bucket >= q.later_first
                  and l.later_bucket < q.later_end
                offset 0
            ) l
            union all
            select l.*
            from telesales_links l
            where q.end_bucket - q.first_bucket > 1000
              and l.tenant_id = $1
              and l.scope = $2::smallint
              and l.campaign_id = $3::bigint
              and l.width = q.width
              and l.later_width = q.later_width
              and l.bucket >= q.first_bucket
              and l.bucket < q.end_bucket
              and l.later_bucket >= q.later_first
              and l.later_bucket < q.later_end
        ) l
    ), corrected as (
        select
            coalesce(sum(
                1 * ((r.after | k.stages) & 1 <> 0)::integer
                - 1 * ((r.before | k.stages) & 1 <> 0)::integer
            ), 0) as dialed,
            coalesce(sum(
                1 * ((r.after | k.stages) & 2 <> 0)::integer
                - 1 * ((r.before | k.stages) & 2 <> 0)::integer
            ), 0) as connected,
            coalesce(sum(
                1 * ((r.after | k.stages) & 4 <> 0)::integer
                - 1 * ((r.before | k.stages) & 4 <> 0)::integer
            ), 0) as talked,
            coalesce(sum(
                1 * ((r.after | k.stages) & 8 <> 0)::integer
                - 1 * ((r.before | k.stages) & 8 <> 0)::integer
            ), 0) as disposed,
            coalesce(sum(
                1 * ((r.after | k.stages) & 16 <> 0)::integer
                - 1 * ((r.before | k.stages) & 16 <> 0)::integer
            ), 0) as converted
        from reached r
        cross join hours h
        cross join lateral (
            select coalesce(bit_or(t.stages), 0) as stages
            from telesales_trail t
            where t.tenant_id = $1
              and t.lead_id = r.lead_id
              and ($2::smallint = 1 /* account */ or t.campaign_id = $3::bigint)
              and t.hour >= h.begins
              and t.hour < h.ends
              and t.hour <> all (r.hours)
        ) k
        where r.before <> r.after
    )
    select
        linked.dialed + corrected.dialed as dialed,
        linked.connected + corrected.connected as connected,
        linked.talked + corrected.talked as talked,
        linked.disposed + corrected.disposed as disposed,
        linked.converted + corrected.converted as converted
    from linked, corrected
) r;

select * from (
    select stored.bucket::bigint * p.width * 900 + p.utc_offset as local_second,
           stored.agent_id,
           stored.leads
    from unnest($4, $5, $6, $7) as p (width, first_bucket, end_bucket, utc_offset)
    cross join lateral (
        select *
        from telesales_lead_totals stored
        where stored.tenant_id = $1
          and stored.scope = $2::smallint
          and stored.campaign_id = $3::bigint
          and stored.agent_id = 0
          and stored.width = p.width
          and stored.bucket >= p.first_bucket
          and stored.bucket < p.end_bucket
        offset 0
    ) stored
    union all
    select r.quarter::bigint * 900 + p.utc_offset,
           0,
           r.weight * 1
    from (select) one
    cross join lateral (
        select *
        from telesales_leads_journal r
        where r.tenant_id = $1
          and r.quarter >= $11
          and $2::smallint in (0 /* campaign */)
          and r.campaign_id = $3::bigint
        offset 0
    ) r
    cross join lateral (
        select p.utc_offset
        from unnest($4, $5, $6, $7) as p (width, first_bucket, end_bucket, utc_offset)
        where r.quarter >= p.first_bucket::bigint * p.width
          and r.quarter < p.end_bucket::bigint * p.width
        offset 0
    ) p
    union all
    select callboard_local_second(r.created_at, p.utc_offset),
           0,
           1
    from unnest($8, $9, $10) as p (begins, ends, utc_offset)
    cross join lateral (
        select *
        from telesales_leads r
        where r.tenant_id = $1
          and r.created_at >= p.begins
          and r.created_at < p.ends
          and $2::smallint in (0 /* campaign */)
          and r.campaign_id = $3::bigint
        offset 0
    ) r
    
    union all
    select r.quarter::bigint * 900 + p.utc_offset,
           0,
           r.weight * 1
    from (select) one
    cross join lateral (
        select *
        from telesales_leads_journal r
        where r.tenant_id = $1
          and r.quarter >= $11
          and $2::smallint in (1 /* account */)
        offset 0
    ) r
    cross join lateral (
        select p.utc_offset
        from unnest($4, $5, $6, $7) as p (width, first_bucket, end_bucket, utc_offset)
        where r.quarter >= p.first_bucket::bigint * p.width
          and r.quarter < p.end_bucket::bigint * p.width
        offset 0
    ) p
    union all
    select callboard_local_second(r.created_at, p.utc_offset),
           0,
           1
    from unnest($8, $9, $10) as p (begins, ends, utc_offset)
    cross join lateral (
        select *
        from telesales_leads r
        where r.tenant_id = $1
          and r.created_at >= p.begins
          and r.created_at < p.ends
          and $2::smallint in (1 /* account */)
        offset 0
    ) r
    
) r;

select * from (
    select stored.bucket::bigint * p.width * 900 + p.utc_offset as local_second,
           stored.agent_id,
           stored.source,
           stored.leads
    from unnest($4, $5, $6, $7) as p (width, first_bucket, end_bucket, utc_offset)
    cross join lateral (
        select *
        from telesales_lead_sources stored
        where stored.tenant_id = $1
          and stored.scope = $2::smallint
          and stored.campaign_id = $3::bigint
          and stored.agent_id = 0
          and stored.width = p.width
          and stored.bucket >= p.first_bucket
          and stored.bucket < p.end_bucket
        offset 0
    ) stored
    union all
    select r.quarter::bigint * 900 + p.utc_offset,
           0,
           callboard_source(r.source) collate "C",
           r.weight * 1
    from (select) one
    cross join lateral (
        select *
        from telesales_leads_journal r
        where r.tenant_id = $1
          and r.quarter >= $11
          and $2::smallint in (0 /* campaign */)
          and r.campaign_id = $3::bigint
        offset 0
    ) r
    cross join lateral (
        select p.utc_offset
        from unnest($4, $5, $6, $7) as p (width, first_bucket, end_bucket, utc_offset)
        where r.quarter >= p.first_bucket::bigint * p.width
          and r.quarter < p.end_bucket::bigint * p.width
        offset 0
    ) p
    union all
    select callboard_local_second(r.created_at, p.utc_offset),
           0,
           callboard_source(r.source) collate "C",
           1
    from unnest($8, $9, $10) as p (begins, ends, utc_offset)
    cross join lateral (
        select *
        from telesales_leads r
        where r.tenant_id = $1
          and r.created_at >= p.begins
          and r.created_at < p.ends
          and $2::smallint in (0 /* campaign */)
          and r.campaign_id = $3::bigint
        offset 0
    ) r
    
    union all
    select r.quarter::bigint * 900 + p.utc_offset,
           0,
           callboard_source(r.source) collate "C",
           r.weight * 1
    from (select) one
    cross join lateral (
        select *
        from telesales_leads_journal r
        where r.tenant_id = $1
          and r.quarter >= $11
          and $2::smallint in (1 /* account */)
        offset 0
    ) r
    cross join lateral (
        select p.utc_offset
        from unnest($4, $5, $6, $7) as p (width, first_bucket, end_bucket, utc_offset)
        where r.quarter >= p.first_bucket::bigint * p.width
          and r.quarter < p.end_bucket::bigint * p.width
        offset 0
    ) p
    union all
    select callboard_local_second(r.created_at, p.utc_offset),
           0,
           callboard_source(r.source) collate "C",
           1
    from unnest($8, $9, $10) as p (begins, ends, utc_offset)
    cross join lateral (
        select *
        from telesales_leads r
        where r.tenant_id = $1
          and r.created_at >= p.begins
          and r.created_at < p.ends
          and $2::smallint in (1 /* account */)
        offset 0
    ) r
    
) r;

select * from (
    with hours as materialized (
        select callboard_bucket(callboard_quarter($6), 4) as begins,
               callboard_bucket(callboard_quarter($7), 4) as ends
    ), linked as (
        select
            l.source,
            sum(l.dialed) as dialed,
            sum(l.connected) as connected,
            sum(l.converted) as converted
        from unnest($8, $9, $10, $11, $12, $13) as q (width, first_bucket, end_bucket, later_width, later_first, later_end)
        cross join lateral (
            select l.*
            from generate_series(
                q.first_bucket,
                case when q.end_bucket - q.first_bucket > 1000 then q.first_bucket else q.end_bucket end - 1
            ) as e (bucket)
            cross join lateral (
                select *
                from telesales_source_links l
                where l.tenant_id = $1
                  and l.scope = $2::smallint
                  and l.campaign_id = $3::bigint
                  and l.width = q.width
                  and l.later_width = q.later_width
                  and l.bucket = e.bucket
                  and l.later_bucket >= q.later_first
                  and l.later_bucket < q.later_end
                offset 0
            ) l
            union all
            select l.*
            from telesales_source_links l
            where q.end_bucket - q.first_bucket > 1000
              and l.tenant_id = $1
              and l.scope = $2::smallint
              and l.campaign_id = $3::bigint
              and l.width = q.width
              and l.later_width = q.later_width
              and l.bucket >= q.first_bucket
              and l.bucket < q.end_bucket
              and l.later_bucket >= q.later_first
              and l.later_bucket < q.later_end
        ) l
        group by l.source
    ), changed as materialized (
        select r.lead_id,
               callboard_bucket(r.quarter, 4) as hour,
               (
                   case when callboard_is_dial(r.result) then 1 else 0 end
                   + case when callboard_is_answer(r.result) then 2 else 0 end
                   + case when callboard_is_dial(r.result) and r.talk_sec > 30 then 4 else 0 end
                   + case when callboard_is_dial(r.result) and r.disposition is not null then 8 else 0 end
                   + case when callboard_is_dial(r.result) and r.disposition = any ((select callboard_conversions($1))::text[]) then 16 else 0 end
               )::smallint as stages,
               sum(r.weight) as n
        from telesales_calls_journal r
        where r.tenant_id = $1
          and r.quarter >= callboard_quarter($6)
          and r.quarter < callboard_quarter($7)
          and $2::smallint in (0 /* campaign */, 2 /* agent_of_campaign */)
          and r.campaign_id = $3::bigint
        group by 1, 2, 3
        having sum(r.weight) <> 0
        union all
        select r.lead_id,
               callboard_bucket(r.quarter, 4) as hour,
               (
                   case when callboard_is_dial(r.result) then 1 else 0 end
                   + case when callboard_is_answer(r.result) then 2 else 0 end
                   + case when callboard_is_dial(r.result) and r.talk_sec > 30 then 4 else 0 end
                   + case when callboard_is_dial(r.result) and r.disposition is not null then 8 else 0 end
                   + case when callboard_is_dial(r.result) and r.disposition = any ((select callboard_conversions($1))::text[]) then 16 else 0 end
               )::smallint as stages,
               sum(r.weight) as n
        from telesales_calls_journal r
        where r.tenant_id = $1
          and r.quarter >= callboard_quarter($6)
          and r.quarter < callboard_quarter($7)
          and $2::smallint in (1 /* account */, 3 /* agent */)
        group by 1, 2, 3
        having sum(r.weight) <> 0
    ), reached as materialized (
        select lead_id,
               coalesce(bit_or(before), 0) as before,
               coalesce(bit_or(after), 0) as after,
               coalesce(array_agg(hour) filter (where hour is not null), '{}') as hours
        from (
            select lead_id, null::integer as hour, null::smallint as before, stages as after
            from (
                select r.lead_id as lead_id,
                (
                    case when callboard_is_dial(r.result) then 1 else 0 end
                    + case when callboard_is_answer(r.result) then 2 else 0 end
                    + case when callboard_is_dial(r.result) and r.talk_sec > 30 then 4 else 0 end
                    + case when callboard_is_dial(r.result) and r.disposition is not null then 8 else 0 end
                    + case when callboard_is_dial(r.result) and r.disposition = any ((select callboard_conversions($1))::text[]) then 16 else 0 end
                )::smallint as stages
                from (values
                    ($4, least($6, $5)),
                    (greatest($7, $4), $5)
                ) e (begins, ends)
                cross join lateral (
                    select *
                    from telesales_calls r
                    where r.tenant_id = $1
                      and r.started_at >= e.begins
                      and r.started_at < e.ends
                      and $2::smallint in (0 /* campaign */, 2 /* agent_of_campaign */)
                      and r.campaign_id = $3::bigint
                    offset 0
                ) r
                where e.begins < e.ends
                union all
                select r.lead_id as lead_id,
                (
                    case when callboard_is_dial(r.result) then 1 else 0 end
                    + case when callboard_is_answer(r.result) then 2 else 0 end
                    + case when callboard_is_dial(r.result) and r.talk_sec > 30 then 4 else 0 end
                    + case when callboard_is_dial(r.result) and r.disposition is not null then 8 else 0 end
                    + case when callboard_is_dial(r.result) and r.disposition = any ((select callboard_conversions($1))::text[]) then 16 else 0 end
                )::smallint as stages
                from (values
                    ($4, least($6, $5)),
                    (greatest($7, $4), $5)
                ) e (begins, ends)
                cross join lateral (
                    select *
                    from telesales_calls r
                    where r.tenant_id = $1
                      and r.started_at >= e.begins
                      and r.started_at < e.ends
                      and $2::smallint in (1 /* account */, 3 /* agent */)
                    offset 0
                ) r
                where e.begins < e.ends
            ) ends
            union all
            select lead_id,
                   hour,
                   bit_or(stages) filter (where before > 0),
                   bit_or(stages) filter (where after > 0)
            from (
                select lead_id,
                       hour,
                       stages,
                       sum(n) filter (where is_stored) as before,
                       sum(n) as after
                from (
                    select *, false as is_stored
                    from changed
                    union all
                    select h.lead_id, h.hour, t.stages, t.n, true
                    from (select distinct lead_id, hour from changed) h
                    cross join lateral (
                        select t.stages, t.n
                        from telesales_trail t
                        where t.tenant_id = $1
                          and t.lead_id = h.lead_id
                          and t.hour = h.hour
                          and ($2::smallint = 1 /* account */ or t.campaign_id = $3::bigint)
                        offset 0
                    ) t
                ) parts
                group by 1, 2, 3
            ) rows
            group by 1, 2
        ) parts
        group by lead_id
    ), versions as (
        select lead_id,
               source,
               (sum(n) > 0 and created_at >= $4 and created_at < $5)::integer as is_in,
               (sum(folded) > 0 and created_at >= $6 and created_at < $7)::integer as was_in
        from (
            select r.id,
                   r.campaign_id,
                   r.source,
                   r.created_at,
                   1,
                   1
            from (
                select lead_id from reached
                union
                select r.id as lead_id
                from (values
                    ($4, least($6, $5)),
                    (greatest($7, $4), $5)
                ) e (begins, ends)
                cross join lateral (
                    select *
                    from telesales_leads r
                    where r.tenant_id = $1
                      and r.created_at >= e.begins
                      and r.created_at < e.ends
                      and $2::smallint in (0 /* campaign */)
                      and r.campaign_id = $3::bigint
                    offset 0
                ) r
                where e.begins < e.ends
                union all
                select r.id as lead_id
                from (values
                    ($4, least($6, $5)),
                    (greatest($7, $4), $5)
                ) e (begins, ends)
                cross join lateral (
                    select *
                    from telesales_leads r
                    where r.tenant_id = $1
                      and r.created_at >= e.begins
                      and r.created_at < e.ends
                      and $2::smallint in (1 /* account */)
                    offset 0
                ) r
                where e.begins < e.ends
                union
                select id from telesales_leads_journal where tenant_id = $1
            ) s
            cross join lateral (
                select r.id, r.campaign_id, r.source, r.created_at
                from telesales_leads r
                where r.tenant_id = $1
                  and r.id = s.lead_id
                offset 0
            ) r
            union all
            select r.id,
                   r.campaign_id,
                   r.source,
                   r.created_at,
                   0,
                   -r.weight
            from telesales_leads_journal r
            where r.tenant_id = $1
        ) v (lead_id, campaign_id, source, created_at, n, folded)
        where $2::smallint = 1 /* account */
           or campaign_id = $3::bigint
        group by lead_id, campaign_id, source, created_at
    ), corrected as (
        select
            callboard_source(r.source) collate "C" as source,
            coalesce(sum(
                r.is_in * ((r.after | k.stages) & 1 <> 0)::integer
                - r.was_in * ((r.before | k.stages) & 1 <> 0)::integer
            ), 0) as dialed,
            coalesce(sum(
                r.is_in * ((r.after | k.stages) & 2 <> 0)::integer
                - r.was_in * ((r.before | k.stages) & 2 <> 0)::integer
            ), 0) as connected,
            coalesce(sum(
                r.is_in * ((r.after | k.stages) & 16 <> 0)::integer
                - r.was_in * ((r.before | k.stages) & 16 <> 0)::integer
            ), 0) as converted
        from (
            select v.lead_id,
                   v.source,
                   v.is_in,
                   v.was_in,
                   coalesce(v.before, 0) as before,
                   coalesce(v.after, 0) as after,
                   coalesce(v.hours, '{}') as hours
            from (
                select v.lead_id, v.source, v.is_in, v.was_in, r.before, r.after, r.hours
                from versions v
                full join reached r using (lead_id) -- never a nested loop
                offset 0
            ) v
            where v.is_in + v.was_in > 0
        ) r
        cross join hours h
        cross join lateral (
            select coalesce(bit_or(t.stages), 0) as stages
            from telesales_trail t
            where t.tenant_id = $1
              and t.lead_id = r.lead_id
              and ($2::smallint = 1 /* account */ or t.campaign_id = $3::bigint)
              and t.hour >= h.begins
              and t.hour < h.ends
              and t.hour <> all (r.hours)
        ) k
        group by 1
    )
    select
        source,
        sum(dialed)::bigint as dialed,
        sum(connected)::bigint as connected,
        sum(converted)::bigint as converted
    from (select * from linked union all select * from corrected) parts
    group by source
) r;

select * from (
    with changed as materialized (
        select lead_id,
               sum(attempts) as attempts,
               sum(waiting) as waiting
        from (
            select lead_id, weight as attempts, case when result is null then weight else 0 end as waiting
            from autocall_attempts_journal
            where tenant_id = $1
              and nullif(quarter >= (select callboard_quarter(callboard_complete_from($1))), false) is not null
            union all
            select id, 0, 0
            from autocall_leads_journal
            where tenant_id = $1
        ) entries
        group by lead_id
    )
    select
        coalesce(sum(leads), 0)::bigint as leads,
        coalesce(sum(tried), 0)::bigint as tried,
        coalesce(sum(retried), 0)::bigint as retried,
        coalesce(sum(processing), 0)::bigint as processing,
        coalesce(sum(retry), 0)::bigint as retry,
        coalesce(sum(finished), 0)::bigint as finished
    from (
        select
            r.leads,
            r.tried,
            r.retried,
            r.processing,
            r.retry,
            r.finished
        from unnest($4, $5, $6, $7) as p (width, first_bucket, end_bucket, utc_offset)
        cross join unnest($3::bigint[]) as c (id)
        cross join lateral (
            select *
            from autocall_lead_states l
            where l.tenant_id = $1
              and l.scope = $2::smallint
              and l.campaign_id = c.id
              and l.agent_id = 0
              and l.width = p.width
              and l.bucket >= p.first_bucket
              and l.bucket < p.end_bucket
            offset 0
        ) r
        union all
        select
            r.weight * 1,
            r.weight * case when r.attempts > 0 then 1 else 0 end,
            r.weight * case when r.attempts > 1 then 1 else 0 end,
            r.weight * case when r.in_progress then 1 else 0 end,
            r.weight * case when r.attempts > 0 and not r.in_progress and r.status in ('pending', 'in_progress', 'retry') then 1 else 0 end,
            r.weight * case when r.attempts > 0 and not r.in_progress and not r.status in ('pending', 'in_progress', 'retry') then 1 else 0 end
        from (
            select v.weight,
                   callboard_quarter(l.created_at) as quarter,
                   l.lead_id,
                   l.campaign_id,
                   l.created_at,
                   l.status,
                   v.attempts,
                   v.waiting > 0 as in_progress
            from (
                select *
                from (
                    select lead_id,
                           campaign_id,
                           created_at,
                           status,
                           sum(was) as was,
                           sum(is_now) as is_now
                    from (
                        select c.lead_id, l.campaign_id, l.created_at, l.status, 1 as was, 1 as is_now
                        from changed c
                        cross join lateral (
                            select l.campaign_id, l.created_at, l.status
                            from autocall_leads l
                            where l.tenant_id = $1
                              and l.id = c.lead_id
                            offset 0
                        ) l
                        union all
                        select l.id, l.campaign_id, l.created_at, l.status, -l.weight, 0
                        from autocall_leads_journal l
                        where l.tenant_id = $1
                    ) l
                    where ($2::smallint = 1 /* account */ or l.campaign_id = any ($3::bigint[]))
                    group by 1, 2, 3, 4
                ) l
                full join changed using (lead_id) -- never a nested loop (sources_nearest_of_journal.sql)
                offset 0
            ) l
            left join lateral (
                select t.attempts, t.waiting
                from autocall_lead_trail t
                where t.tenant_id = $1
                  and t.lead_id = l.lead_id
                offset 0
            ) t on true
            cross join lateral (values
                (-l.was, coalesce(t.attempts, 0), coalesce(t.waiting, 0)),
                (l.is_now, coalesce(t.attempts, 0) + l.attempts, coalesce(t.waiting, 0) + l.waiting)
            ) v (weight, attempts, waiting)
            where v.weight <> 0
        ) r
        where exists (
            select from unnest($4, $5, $6, $7) as p (width, first_bucket, end_bucket, utc_offset)
            where r.quarter >= p.first_bucket::bigint * p.width
              and r.quarter < p.end_bucket::bigint * p.width
        )
        union all
        select
            1,
            case when r.attempts > 0 then 1 else 0 end,
            case when r.attempts > 1 then 1 else 0 end,
            case when r.in_progress then 1 else 0 end,
            case when r.attempts > 0 and not r.in_progress and r.status in ('pending', 'in_progress', 'retry') then 1 else 0 end,
            case when r.attempts > 0 and not r.in_progress and not r.status in ('pending', 'in_progress', 'retry') then 1 else 0 end
        from (
            select l.status,
                   coalesce(t.attempts, 0) + coalesce(l.attempts, 0) as attempts,
                   coalesce(t.waiting, 0) + coalesce(l.waiting, 0) > 0 as in_progress
            from (
                select l.id, l.status, c.attempts, c.waiting
                from (
                    select l.id, l.status
                    from unnest($8, $9, $10) as p (begins, ends, utc_offset)
                    cross join lateral (
                        select l.id, l.status
                        from autocall_leads l
                        where $2::smallint = 1 /* account */
                          and l.tenant_id = $1
                          and l.created_at >= p.begins
                          and l.created_at < p.ends
                        offset 0
                    ) l
                    union all
                    select l.id, l.status
                    from unnest($3::bigint[]) as c (id)
                    cross join unnest($8, $9, $10) as p (begins, ends, utc_offset)
                    cross join lateral (
                        select l.id, l.status
                        from autocall_leads l
                        where $2::smallint = 0 /* campaign */
                          and l.tenant_id = $1
                          and l.campaign_id = c.id
                          and l.created_at >= p.begins
                          and l.created_at < p.ends
                        offset 0
                    ) l
                ) l
                full join changed c on c.lead_id = l.id -- never a nested loop
                offset 0
            ) l
            left join lateral (
                select t.attempts, t.waiting
                from autocall_lead_trail t
                where t.tenant_id = $1
                  and t.lead_id = l.id
                offset 0
            ) t on true
            where l.id is not null
        ) r
    ) parts
) r;

select (
    array(
        with recursive seen as (
            select min(t.agent_id) as id
            from telesales_totals t
            where t.tenant_id = $1
              and t.scope = $2::smallint
              and t.campaign_id = $3::bigint
            union all
            select (
                select min(t.agent_id)
                from telesales_totals t
                where t.tenant_id = $1
                  and t.scope = $2::smallint
                  and t.campaign_id = $3::bigint
                  and t.agent_id > seen.id
            )
            from seen
            where seen.id is not null
        )
        select id
        from seen
        where id is not null
        union
        select agent_id
        from telesales_calls_journal
        where tenant_id = $1
          and agent_id is not null
        order by 1
    )
) r;

select * from (
    with dialing as materialized (
        select agent.id,
               exists (
                   select from unnest($5, $6, $7, $8) as p (width, first_bucket, end_bucket, utc_offset)
                   cross join lateral (
                       select
                       from telesales_totals t
                       where t.tenant_id = $1
                         and t.scope = $2::smallint
                         and t.campaign_id = $3::bigint
                         and t.agent_id = agent.id
                         and t.width = p.width
                         and t.bucket >= p.first_bucket
                         and t.bucket < p.end_bucket
                         and t.dials <> 0
                       limit 1
                   ) t
               ) and agent.id not in (
                   select agent_id
                   from telesales_calls_journal
                   where tenant_id = $1
                     and weight < 0
                     and agent_id is not null
               ) as is_certain
        from unnest(coalesce(
            $4::bigint[],
            array(
                with recursive seen as (
                    select min(t.agent_id) as id
                    from telesales_totals t
                    where t.tenant_id = $1
                      and t.scope = $2::smallint
                      and t.campaign_id = $3::bigint
                    union all
                    select (
                        select min(t.agent_id)
                        from telesales_totals t
                        where t.tenant_id = $1
                          and t.scope = $2::smallint
                          and t.campaign_id = $3::bigint
                          and t.agent_id > seen.id
                    )
                    from seen
                    where seen.id is not null
                )
                select id
                from seen
                where id is not null
                union
                select agent_id
                from telesales_calls_journal
                where tenant_id = $1
                  and agent_id is not null
                order by 1
            )
        )) as agent (id)
    )
    select dialing.id as agent_id
    from dialing
    where dialing.is_certain
    union all
    select r.agent_id
    from (
        select array_agg(id) as ids
        from dialing
        where not is_certain
        offset 0
    ) uncertain
    cross join lateral (
        select stored.bucket::bigint * p.width * 900 + p.utc_offset as local_second,
               stored.agent_id,
               stored.dials,
               stored.answers,
               stored.abandoned,
               stored.blocked,
               stored.in_progress,
               stored.conversions,
               stored.talk_sec,
               stored.handling_sec
        from unnest($5, $6, $7, $8) as p (width, first_bucket, end_bucket, utc_offset)
        cross join unnest(uncertain.ids) as agent (id)
        cross join lateral (
            select *
            from telesales_totals stored
            where stored.tenant_id = $1
              and stored.scope = $2::smallint
              and stored.campaign_id = $3::bigint
              and stored.agent_id = agent.id
              and stored.width = p.width
              and stored.bucket >= p.first_bucket
              and stored.bucket < p.end_bucket
            offset 0
        ) stored
        union all
        select r.quarter::bigint * 900 + p.utc_offset,
               coalesce(r.agent_id, 0),
               r.weight * case when callboard_is_dial(r.result) then 1 else 0 end,
               r.weight * case when callboard_is_answer(r.result) then 1 else 0 end,
               r.weight * case when r.result = 'abandoned' then 1 else 0 end,
               r.weight * case when r.result = 'blocked' then 1 else 0 end,
               r.weight * case when r.result is null then 1 else 0 end,
               r.weight * case when callboard_is_dial(r.result) and r.disposition = any ((select callboard_conversions($1))::text[]) then 1 else 0 end,
               r.weight * case when callboard_is_dial(r.result) then (r.talk_sec)::bigint else 0 end,
               r.weight * case when callboard_is_answer(r.result) then (r.talk_sec::bigint + r.wrap_sec)::bigint else 0 end
        from (select) one
        cross join (
            -- The largest id has no successor, so its range is open.
            select range_agg(int8range(id, case when id < 9223372036854775807 then id + 1 end)) as ids
            from unnest(uncertain.ids) as agent (id)
        ) wanted
        cross join lateral (
            select *
            from telesales_calls_journal r
            where r.tenant_id = $1
              and r.quarter >= $12
              and $2::smallint in (0 /* campaign */, 2 /* agent_of_campaign */)
              and r.campaign_id = $3::bigint
              and ($2::smallint in (0 /* campaign */, 1 /* account */) or r.agent_id <@ wanted.ids)
            offset 0
        ) r
        cross join lateral (
            select p.utc_offset
            from unnest($5, $6, $7, $8) as p (width, first_bucket, end_bucket, utc_offset)
            where r.quarter >= p.first_bucket::bigint * p.width
              and r.quarter < p.end_bucket::bigint * p.width
            offset 0
        ) p
        union all
        select callboard_local_second(r.started_at, p.utc_offset),
               coalesce(r.agent_id, 0),
               case when callboard_is_dial(r.result) then 1 else 0 end,
               case when callboard_is_answer(r.result) then 1 else 0 end,
               case when r.result = 'abandoned' then 1 else 0 end,
               case when r.result = 'blocked' then 1 else 0 end,
               case when r.result is null then 1 else 0 end,
               case when callboard_is_dial(r.result) and r.disposition = any ((select callboard_conversions($1))::text[]) then 1 else 0 end,
               case when callboard_is_dial(r.result) then (r.talk_sec)::bigint else 0 end,
               case when callboard_is_answer(r.result) then (r.talk_sec::bigint + r.wrap_sec)::bigint else 0 end
        from unnest($9, $10, $11) as p (begins, ends, utc_offset)
        cross join (
            -- The largest id has no successor, so its range is open.
            select range_agg(int8range(id, case when id < 9223372036854775807 then id + 1 end)) as ids
            from unnest(uncertain.ids) as agent (id)
        ) wanted
        cross join lateral (
            select *
            from telesales_calls r
            where r.tenant_id = $1
              and r.started_at >= p.begins
              and r.started_at < p.ends
              and $2::smallint in (0 /* campaign */, 2 /* agent_of_campaign */)
              and r.campaign_id = $3::bigint
              and ($2::smallint in (0 /* campaign */, 1 /* account */) or r.agent_id <@ wanted.ids)
            offset 0
        ) r
        
        union all
        select r.quarter::bigint * 900 + p.utc_offset,
               coalesce(r.agent_id, 0),
               r.weight * case when callboard_is_dial(r.result) then 1 else 0 end,
               r.weight * case when callboard_is_answer(r.result) then 1 else 0 end,
               r.weight * case when r.result = 'abandoned' then 1 else 0 end,
               r.weight * case when r.result = 'blocked' then 1 else 0 end,
               r.weight * case when r.result is null then 1 else 0 end,
               r.weight * case when callboard_is_dial(r.result) and r.disposition = any ((select callboard_conversions($1))::text[]) then 1 else 0 end,
               r.weight * case when callboard_is_dial(r.result) then (r.talk_sec)::bigint else 0 end,
               r.weight * case when callboard_is_answer(r.result) then (r.talk_sec::bigint + r.wrap_sec)::bigint else 0 end
        from (select) one
        cross join (
            -- The largest id has no successor, so its range is open.
            select range_agg(int8range(id, case when id < 9223372036854775807 then id + 1 end)) as ids
            from unnest(uncertain.ids) as agent (id)
        ) wanted
        cross join lateral (
            select *
            from telesales_calls_journal r
            where r.tenant_id = $1
              and r.quarter >= $12
              and $2::smallint in (1 /* account */, 3 /* agent */)
              and ($2::smallint in (0 /* campaign */, 1 /* account */) or r.agent_id <@ wanted.ids)
            offset 0
        ) r
        cross join lateral (
            select p.utc_offset
            from unnest($5, $6, $7, $8) as p (width, first_bucket, end_bucket, utc_offset)
            where r.quarter >= p.first_bucket::bigint * p.width
              and r.quarter < p.end_bucket::bigint * p.width
            offset 0
        ) p
        union all
        select callboard_local_second(r.started_at, p.utc_offset),
               coalesce(r.agent_id, 0),
               case when callboard_is_dial(r.result) then 1 else 0 end,
               case when callboard_is_answer(r.result) then 1 else 0 end,
               case when r.result = 'abandoned' then 1 else 0 end,
               case when r.result = 'blocked' then 1 else 0 end,
               case when r.result is null then 1 else 0 end,
               case when callboard_is_dial(r.result) and r.disposition = any ((select callboard_conversions($1))::text[]) then 1 else 0 end,
               case when callboard_is_dial(r.result) then (r.talk_sec)::bigint else 0 end,
               case when callboard_is_answer(r.result) then (r.talk_sec::bigint + r.wrap_sec)::bigint else 0 end
        from unnest($9, $10, $11) as p (begins, ends, utc_offset)
        cross join (
            -- The largest id has no successor, so its range is open.
            select range_agg(int8range(id, case when id < 9223372036854775807 then id + 1 end)) as ids
            from unnest(uncertain.ids) as agent (id)
        ) wanted
        cross join lateral (
            select *
            from telesales_calls r
            where r.tenant_id = $1
              and r.started_at >= p.begins
              and r.started_at < p.ends
              and $2::smallint in (1 /* account */, 3 /* agent */)
              and ($2::smallint in (0 /* campaign */, 1 /* account */) or r.agent_id <@ wanted.ids)
            offset 0
        ) r
        
    ) r
    group by r.agent_id
    having sum(r.dials) <> 0
) r;

select * from (
    select r.agent_id
    from (
        select coalesce(
            $4::bigint[],
            array(
                with recursive seen as (
                    select min(t.agent_id) as id
                    from telesales_totals t
                    where t.tenant_id = $1
                      and t.scope = $2::smallint
                      and t.campaign_id = $3::bigint
                    union all
                    select (
                        select min(t.agent_id)
                        from telesales_totals t
                        where t.tenant_id = $1
                          and t.scope = $2::smallint
                          and t.campaign_id = $3::bigint
                          and t.agent_id > seen.id
                    )
                    from seen
                    where seen.id is not null
                )
                select id
                from seen
                where id is not null
                union
                select agent_id
                from telesales_calls_journal
                where tenant_id = $1
                  and agent_id is not null
                order by 1
            )
        ) as ids
        offset 0
    ) everyone
    cross join lateral (
        select r.*
        from (
            select stored.bucket::bigint * p.width * 900 + p.utc_offset as local_second,
                   stored.agent_id,
                   stored.source,
                   stored.dials,
                   stored.answers,
                   stored.abandoned,
                   stored.blocked,
                   stored.in_progress,
                   stored.conversions,
                   stored.talk_sec,
                   stored.handling_sec
            from unnest($6, $7, $8, $9) as p (width, first_bucket, end_bucket, utc_offset)
            cross join unnest(everyone.ids) as agent (id)
            cross join lateral (
                select *
                from telesales_totals_by_source stored
                where stored.tenant_id = $1
                  and stored.scope = $2::smallint
                  and stored.campaign_id = $3::bigint
                  and stored.agent_id = agent.id
                  and stored.width = p.width
                  and stored.bucket >= p.first_bucket
                  and stored.bucket < p.end_bucket
                offset 0
            ) stored
            union all
            select r.quarter::bigint * 900 + p.utc_offset,
                   coalesce(r.agent_id, 0),
                   coalesce(lead.source, '(unknown)') collate "C",
                   r.weight * case when callboard_is_dial(r.result) then 1 else 0 end,
                   r.weight * case when callboard_is_answer(r.result) then 1 else 0 end,
                   r.weight * case when r.result = 'abandoned' then 1 else 0 end,
                   r.weight * case when r.result = 'blocked' then 1 else 0 end,
                   r.weight * case when r.result is null then 1 else 0 end,
                   r.weight * case when callboard_is_dial(r.result) and r.disposition = any ((select callboard_conversions($1))::text[]) then 1 else 0 end,
                   r.weight * case when callboard_is_dial(r.result) then (r.talk_sec)::bigint else 0 end,
                   r.weight * case when callboard_is_answer(r.result) then (r.talk_sec::bigint + r.wrap_sec)::bigint else 0 end
            from (select) one
            cross join (
                -- The largest id has no successor, so its range is open.
                select range_agg(int8range(id, case when id < 9223372036854775807 then id + 1 end)) as ids
                from unnest(everyone.ids) as agent (id)
            ) wanted
            cross join lateral (
                select *
                from telesales_calls_journal r
                where r.tenant_id = $1
                  and r.quarter >= $13
                  and $2::smallint in (0 /* campaign */, 2 /* agent_of_campaign */)
                  and r.campaign_id = $3::bigint
                  and ($2::smallint in (0 /* campaign */, 1 /* account */) or r.agent_id <@ wanted.ids)
                offset 0
            ) r
            left join lateral (
                select callboard_source(l.source) as source
                from telesales_leads l
                where l.tenant_id = $1
                  and l.id = r.lead_id
                offset 0
            ) lead on true
            cross join lateral (
                select p.utc_offset
                from unnest($6, $7, $8, $9) as p (width, first_bucket, end_bucket, utc_offset)
                where r.quarter >= p.first_bucket::bigint * p.width
                  and r.quarter < p.end_bucket::bigint * p.width
                offset 0
            ) p
            union all
            select callboard_local_second(r.started_at, p.utc_offset),
                   coalesce(r.agent_id, 0),
                   coalesce(lead.source, '(unknown)') collate "C",
                   case when callboard_is_dial(r.result) then 1 else 0 end,
                   case when callboard_is_answer(r.result) then 1 else 0 end,
                   case when r.result = 'abandoned' then 1 else 0 end,
                   case when r.result = 'blocked' then 1 else 0 end,
                   case when r.result is null then 1 else 0 end,
                   case when callboard_is_dial(r.result) and r.disposition = any ((select callboard_conversions($1))::text[]) then 1 else 0 end,
                   case when callboard_is_dial(r.result) then (r.talk_sec)::bigint else 0 end,
                   case when callboard_is_answer(r.result) then (r.talk_sec::bigint + r.wrap_sec)::bigint else 0 end
            from unnest($10, $11, $12) as p (begins, ends, utc_offset)
            cross join (
                -- The largest id has no successor, so its range is open.
                select range_agg(int8range(id, case when id < 9223372036854775807 then id + 1 end)) as ids
                from unnest(everyone.ids) as agent (id)
            ) wanted
            cross join lateral (
                select *
                from telesales_calls r
                where r.tenant_id = $1
                  and r.started_at >= p.begins
                  and r.started_at < p.ends
                  and $2::smallint in (0 /* campaign */, 2 /* agent_of_campaign */)
                  and r.campaign_id = $3::bigint
                  and ($2::smallint in (0 /* campaign */, 1 /* account */) or r.agent_id <@ wanted.ids)
                offset 0
            ) r
            left join lateral (
                select callboard_source(l.source) as source
                from telesales_leads l
                where l.tenant_id = $1
                  and l.id = r.lead_id
                offset 0
            ) lead on true
            union all
            select r.quarter::bigint * 900 + p.utc_offset,
                   coalesce(r.agent_id, 0),
                   coalesce(lead.source, '(unknown)') collate "C",
                   r.weight * case when callboard_is_dial(r.result) then 1 else 0 end,
                   r.weight * case when callboard_is_answer(r.result) then 1 else 0 end,
                   r.weight * case when r.result = 'abandoned' then 1 else 0 end,
                   r.weight * case when r.result = 'blocked' then 1 else 0 end,
                   r.weight * case when r.result is null then 1 else 0 end,
                   r.weight * case when callboard_is_dial(r.result) and r.disposition = any ((select callboard_conversions($1))::text[]) then 1 else 0 end,
                   r.weight * case when callboard_is_dial(r.result) then (r.talk_sec)::bigint else 0 end,
                   r.weight * case when callboard_is_answer(r.result) then (r.talk_sec::bigint + r.wrap_sec)::bigint else 0 end
            from (select) one
            cross join (
                -- The largest id has no successor, so its range is open.
                select range_agg(int8range(id, case when id < 9223372036854775807 then id + 1 end)) as ids
                from unnest(everyone.ids) as agent (id)
            ) wanted
            cross join lateral (
                select *
                from (
                    with changed as materialized (
                        select lead_id,
                               source,
                               sum(n)::integer as n
                        from (
                            select l.id as lead_id,
                                   callboard_source(l.source) as source,
                                   l.weight as n
                            from telesales_leads_journal l
                            where l.tenant_id = $1
                            union all
                            select l.id,
                                   '(unknown)',
                                   -l.weight
                            from telesales_leads_journal l
                            where l.tenant_id = $1
                        ) entries
                        group by 1, 2
                        having sum(n) <> 0
                    )
                    select changed.n as weight,
                           callboard_quarter(r.started_at) as quarter,
                           r.campaign_id,
                           r.lead_id,
                           r.started_at,
                           r.agent_id,
                           r.cid,
                           r.result,
                           r.talk_sec,
                           r.wrap_sec,
                           r.disposition,
                           changed.source
                    from changed
                    cross join lateral (
                        select *
                        from telesales_calls r
                        where r.tenant_id = $1
                          and r.lead_id = changed.lead_id
                          and callboard_quarter(r.started_at) >= $13
                        offset 0
                    ) r
                    union all
                    select -r.n * r.weight,
                           r.quarter,
                           r.campaign_id,
                           r.lead_id,
                           r.started_at,
                           r.agent_id,
                           r.cid,
                           r.result,
                           r.talk_sec,
                           r.wrap_sec,
                           r.disposition,
                           r.source
                    from ( -- a full join, behind a fence: of journals that were never analyzed a nested loop would compare all with all
                        select r.*,
                               changed.n,
                               changed.source
                        from changed
                        full join (
                            select *
                            from telesales_calls_journal
                            where tenant_id = $1
                              and quarter >= $13
                        ) r on r.lead_id = changed.lead_id
                        offset 0
                    ) r
                    where r.n is not null
                      and r.weight is not null
                ) r
                where $2::smallint in (0 /* campaign */, 2 /* agent_of_campaign */)
                and r.campaign_id = $3::bigint
                and ($2::smallint in (0 /* campaign */, 1 /* account */) or r.agent_id <@ wanted.ids)
                offset 0
            ) r
            cross join lateral (select r.source) lead
            cross join lateral (
                select p.utc_offset
                from unnest($6, $7, $8, $9) as p (width, first_bucket, end_bucket, utc_offset)
                where r.quarter >= p.first_bucket::bigint * p.width
                  and r.quarter < p.end_bucket::bigint * p.width
                offset 0
            ) p
            union all
            select r.quarter::bigint * 900 + p.utc_offset,
                   coalesce(r.agent_id, 0),
                   coalesce(lead.source, '(unknown)') collate "C",
                   r.weight * case when callboard_is_dial(r.result) then 1 else 0 end,
                   r.weight * case when callboard_is_answer(r.result) then 1 else 0 end,
                   r.weight * case when r.result = 'abandoned' then 1 else 0 end,
                   r.weight * case when r.result = 'blocked' then 1 else 0 end,
                   r.weight * case when r.result is null then 1 else 0 end,
                   r.weight * case when callboard_is_dial(r.result) and r.disposition = any ((select callboard_conversions($1))::text[]) then 1 else 0 end,
                   r.weight * case when callboard_is_dial(r.result) then (r.talk_sec)::bigint else 0 end,
                   r.weight * case when callboard_is_answer(r.result) then (r.talk_sec::bigint + r.wrap_sec)::bigint else 0 end
            from (select) one
            cross join (
                -- The largest id has no successor, so its range is open.
                select range_agg(int8range(id, case when id < 9223372036854775807 then id + 1 end)) as ids
                from unnest(everyone.ids) as agent (id)
            ) wanted
            cross join lateral (
                select *
                from telesales_calls_journal r
                where r.tenant_id = $1
                  and r.quarter >= $13
                  and $2::smallint in (1 /* account */, 3 /* agent */)
                  and ($2::smallint in (0 /* campaign */, 1 /* account */) or r.agent_id <@ wanted.ids)
                offset 0
            ) r
            left join lateral (
                select callboard_source(l.source) as source
                from telesales_leads l
                where l.tenant_id = $1
                  and l.id = r.lead_id
                offset 0
            ) lead on true
            cross join lateral (
                select p.utc_offset
                from unnest($6, $7, $8, $9) as p (width, first_bucket, end_bucket, utc_offset)
                where r.quarter >= p.first_bucket::bigint * p.width
                  and r.quarter < p.end_bucket::bigint * p.width
                offset 0
            ) p
            union all
            select callboard_local_second(r.started_at, p.utc_offset),
                   coalesce(r.agent_id, 0),
                   coalesce(lead.source, '(unknown)') collate "C",
                   case when callboard_is_dial(r.result) then 1 else 0 end,
                   case when callboard_is_answer(r.result) then 1 else 0 end,
                   case when r.result = 'abandoned' then 1 else 0 end,
                   case when r.result = 'blocked' then 1 else 0 end,
                   case when r.result is null then 1 else 0 end,
                   case when callboard_is_dial(r.result) and r.disposition = any ((select callboard_conversions($1))::text[]) then 1 else 0 end,
                   case when callboard_is_dial(r.result) then (r.talk_sec)::bigint else 0 end,
                   case when callboard_is_answer(r.result) then (r.talk_sec::bigint + r.wrap_sec)::bigint else 0 end
            from unnest($10, $11, $12) as p (begins, ends, utc_offset)
            cross join (
                -- The largest id has no successor, so its range is open.
                select range_agg(int8range(id, case when id < 9223372036854775807 then id + 1 end)) as ids
                from unnest(everyone.ids) as agent (id)
            ) wanted
            cross join lateral (
                select *
                from telesales_calls r
                where r.tenant_id = $1
                  and r.started_at >= p.begins
                  and r.started_at < p.ends
                  and $2::smallint in (1 /* account */, 3 /* agent */)
                  and ($2::smallint in (0 /* campaign */, 1 /* account */) or r.agent_id <@ wanted.ids)
                offset 0
            ) r
            left join lateral (
                select callboard_source(l.source) as source
                from telesales_leads l
                where l.tenant_id = $1
                  and l.id = r.lead_id
                offset 0
            ) lead on true
            union all
            select r.quarter::bigint * 900 + p.utc_offset,
                   coalesce(r.agent_id, 0),
                   coalesce(lead.source, '(unknown)') collate "C",
                   r.weight * case when callboard_is_dial(r.result) then 1 else 0 end,
                   r.weight * case when callboard_is_answer(r.result) then 1 else 0 end,
                   r.weight * case when r.result = 'abandoned' then 1 else 0 end,
                   r.weight * case when r.result = 'blocked' then 1 else 0 end,
                   r.weight * case when r.result is null then 1 else 0 end,
                   r.weight * case when callboard_is_dial(r.result) and r.disposition = any ((select callboard_conversions($1))::text[]) then 1 else 0 end,
                   r.weight * case when callboard_is_dial(r.result) then (r.talk_sec)::bigint else 0 end,
                   r.weight * case when callboard_is_answer(r.result) then (r.talk_sec::bigint + r.wrap_sec)::bigint else 0 end
            from (select) one
            cross join (
                -- The largest id has no successor, so its range is open.
                select range_agg(int8range(id, case when id < 9223372036854775807 then id + 1 end)) as ids
                from unnest(everyone.ids) as agent (id)
            ) wanted
            cross join lateral (
                select *
                from (
                    with changed as materialized (
                        select lead_id,
                               source,
                               sum(n)::integer as n
                        from (
                            select l.id as lead_id,
                                   callboard_source(l.source) as source,
                                   l.weight as n
                            from telesales_leads_journal l
                            where l.tenant_id = $1
                            union all
                            select l.id,
                                   '(unknown)',
                                   -l.weight
                            from telesales_leads_journal l
                            where l.tenant_id = $1
                        ) entries
                        group by 1, 2
                        having sum(n) <> 0
                    )
                    select changed.n as weight,
                           callboard_quarter(r.started_at) as quarter,
                           r.campaign_id,
                           r.lead_id,
                           r.started_at,
                           r.agent_id,
                           r.cid,
                           r.result,
                           r.talk_sec,
                           r.wrap_sec,
                           r.disposition,
                           changed.source
                    from changed
                    cross join lateral (
                        select *
                        from telesales_calls r
                        where r.tenant_id = $1
                          and r.lead_id = changed.lead_id
                          and callboard_quarter(r.started_at) >= $13
                        offset 0
                    ) r
                    union all
                    select -r.n * r.weight,
                           r.quarter,
                           r.campaign_id,
                           r.lead_id,
                           r.started_at,
                           r.agent_id,
                           r.cid,
                           r.result,
                           r.talk_sec,
                           r.wrap_sec,
                           r.disposition,
                           r.source
                    from ( -- a full join, behind a fence: of journals that were never analyzed a nested loop would compare all with all
                        select r.*,
                               changed.n,
                               changed.source
                        from changed
                        full join (
                            select *
                            from telesales_calls_journal
                            where tenant_id = $1
                              and quarter >= $13
                        ) r on r.lead_id = changed.lead_id
                        offset 0
                    ) r
                    where r.n is not null
                      and r.weight is not null
                ) r
                where $2::smallint in (1 /* account */, 3 /* agent */)
                and ($2::smallint in (0 /* campaign */, 1 /* account */) or r.agent_id <@ wanted.ids)
                offset 0
            ) r
            cross join lateral (select r.source) lead
            cross join lateral (
                select p.utc_offset
                from unnest($6, $7, $8, $9) as p (width, first_bucket, end_bucket, utc_offset)
                where r.quarter >= p.first_bucket::bigint * p.width
                  and r.quarter < p.end_bucket::bigint * p.width
                offset 0
            ) p
        ) r
        where r.source = any ($5::text[])
    ) r
    group by r.agent_id
    having sum(r.dials) <> 0
) r;

----------------------------------------------------------------------------------------------------------------------
-- Looking for tenants with work
----------------------------------------------------------------------------------------------------------------------

-- Tenants with entries in any of these tables. Each list skips from tenant to tenant along an index, so that an empty
-- table costs one probe and a tenant without entries nothing.
select id
from tenants
where id in (
    (
        with recursive entries (tenant_id) as (
            (select tenant_id from autocall_attempts_journal order by tenant_id limit 1)
            union all
            select (select later.tenant_id
                    from autocall_attempts_journal later
                    where later.tenant_id > entries.tenant_id
                    order by later.tenant_id
                    limit 1)
            from entries
            where entries.tenant_id is not null
        )
        select tenant_id from entries where tenant_id is not null
    )
    union
    (
        with recursive entries (tenant_id) as (
            (select tenant_id from autocall_leads_journal order by tenant_id limit 1)
            union all
            select (select later.tenant_id
                    from autocall_leads_journal later
                    where later.tenant_id > entries.tenant_id
                    order by later.tenant_id
                    limit 1)
            from entries
            where entries.tenant_id is not null
        )
        select tenant_id from entries where tenant_id is not null
    )
    union
    (
        with recursive entries (tenant_id) as (
            (select tenant_id from telesales_calls_journal order by tenant_id limit 1)
            union all
            select (select later.tenant_id
                    from telesales_calls_journal later
                    where later.tenant_id > entries.tenant_id
                    order by later.tenant_id
                    limit 1)
            from entries
            where entries.tenant_id is not null
        )
        select tenant_id from entries where tenant_id is not null
    )
    union
    (
        with recursive entries (tenant_id) as (
            (select tenant_id from telesales_leads_journal order by tenant_id limit 1)
            union all
            select (select later.tenant_id
                    from telesales_leads_journal later
                    where later.tenant_id > entries.tenant_id
                    order by later.tenant_id
                    limit 1)
            from entries
            where entries.tenant_id is not null
        )
        select tenant_id from entries where tenant_id is not null
    )
)
order by id;

-- Tenants with entries in any of these tables. Each list skips from tenant to tenant along an index, so that an empty
-- table costs one probe and a tenant without entries nothing.
select id
from tenants
where id in (
    (
        with recursive entries (tenant_id) as (
            (select tenant_id from rollup_stale order by tenant_id limit 1)
            union all
            select (select later.tenant_id
                    from rollup_stale later
                    where later.tenant_id > entries.tenant_id
                    order by later.tenant_id
                    limit 1)
            from entries
            where entries.tenant_id is not null
        )
        select tenant_id from entries where tenant_id is not null
    )
)
order by id;

----------------------------------------------------------------------------------------------------------------------
-- Looking for work
----------------------------------------------------------------------------------------------------------------------

-- Modules with pending work, and whether any part of them is stale.
select module, stale
from (
    select 'autocall' as module,
           exists (select from rollup_stale where tenant_id = $1 and module = 'autocall') as stale,
           exists (select from autocall_attempts_journal where tenant_id = $1)
               or exists (select from autocall_leads_journal where tenant_id = $1) as pending
    union all
    select 'telesales' as module,
           exists (select from rollup_stale where tenant_id = $1 and module = 'telesales') as stale,
           exists (select from telesales_calls_journal where tenant_id = $1)
               or exists (select from telesales_leads_journal where tenant_id = $1) as pending
) modules
where stale or pending;

----------------------------------------------------------------------------------------------------------------------
-- Start of a compaction of autocall
----------------------------------------------------------------------------------------------------------------------

-- A compaction has no timeout, whatever limits its role has. TRUNCATE locks a table before its derived tables, and so does
-- this, so that they cannot deadlock.
set local statement_timeout = 0;
set local lock_timeout = 0;
set local idle_in_transaction_session_timeout = 0;
set local work_mem = '128MB';
lock table
    autocall_attempts,
    autocall_leads
in access share mode;

----------------------------------------------------------------------------------------------------------------------
-- Compaction of autocall: journal
----------------------------------------------------------------------------------------------------------------------

-- Adds rows to autocall_totals. They are summed by the finest bucket first, which leaves few sums for every level and scope.
-- Agents multiply rows, so sums over all agents are made from sums by agent. They come as the key lies, which spares the index.
with fine as materialized ( -- without sums of entries that cancel each other out
    select *
    from (
        select r.campaign_id,
               null::bigint as agent_id,
               r.quarter as bucket,
               sum(r.weight * 1)::integer as dialed,
               sum(r.weight * case when r.result = 'answered' then 1 else 0 end)::integer as answered,
               sum(r.weight * case when r.result = 'no_answer' then 1 else 0 end)::integer as no_answer,
               sum(r.weight * case when r.result = 'busy' then 1 else 0 end)::integer as busy,
               sum(r.weight * case when r.result = 'failed' then 1 else 0 end)::integer as failed,
               sum(r.weight * case when r.result = 'abandoned' then 1 else 0 end)::integer as abandoned,
               sum(r.weight * case when r.result = 'answered' then (r.billsec)::bigint else 0 end)::bigint as talk_sec,
               sum(r.weight * case when callboard_handed_over(r.transfer) then 1 else 0 end)::integer as handed_over,
               sum(r.weight * case when r.transfer = 'connected' then 1 else 0 end)::integer as connected,
               sum(r.weight * case when r.result = 'answered' and r.dtmf = '' then 1 else 0 end)::integer as no_input,
               sum(r.weight * case when r.result = 'answered' and right(r.dtmf, 1) = '0' then 1 else 0 end)::integer as key_0,
               sum(r.weight * case when r.result = 'answered' and right(r.dtmf, 1) = '1' then 1 else 0 end)::integer as key_1,
               sum(r.weight * case when r.result = 'answered' and right(r.dtmf, 1) = '2' then 1 else 0 end)::integer as key_2,
               sum(r.weight * case when r.result = 'answered' and right(r.dtmf, 1) = '3' then 1 else 0 end)::integer as key_3,
               sum(r.weight * case when r.result = 'answered' and right(r.dtmf, 1) = '4' then 1 else 0 end)::integer as key_4,
               sum(r.weight * case when r.result = 'answered' and right(r.dtmf, 1) = '5' then 1 else 0 end)::integer as key_5,
               sum(r.weight * case when r.result = 'answered' and right(r.dtmf, 1) = '6' then 1 else 0 end)::integer as key_6,
               sum(r.weight * case when r.result = 'answered' and right(r.dtmf, 1) = '7' then 1 else 0 end)::integer as key_7,
               sum(r.weight * case when r.result = 'answered' and right(r.dtmf, 1) = '8' then 1 else 0 end)::integer as key_8,
               sum(r.weight * case when r.result = 'answered' and right(r.dtmf, 1) = '9' then 1 else 0 end)::integer as key_9,
               sum(r.weight * case when r.result = 'answered' and right(r.dtmf, 1) = '*' then 1 else 0 end)::integer as key_star,
               sum(r.weight * case when r.result = 'answered' and right(r.dtmf, 1) = '#' then 1 else 0 end)::integer as key_hash
        from (
            select *
            from autocall_attempts_journal
            where tenant_id = $1
              and nullif(quarter >= (select callboard_quarter(callboard_complete_from($1))), false) is not null
        ) r
        group by 1, 2, 3
    ) sums
    where dialed <> 0
        or answered <> 0
        or no_answer <> 0
        or busy <> 0
        or failed <> 0
        or abandoned <> 0
        or talk_sec <> 0
        or handed_over <> 0
        or connected <> 0
        or no_input <> 0
        or key_0 <> 0
        or key_1 <> 0
        or key_2 <> 0
        or key_3 <> 0
        or key_4 <> 0
        or key_5 <> 0
        or key_6 <> 0
        or key_7 <> 0
        or key_8 <> 0
        or key_9 <> 0
        or key_star <> 0
        or key_hash <> 0
), bare as (
    select campaign_id,
           null::bigint as agent_id,
           bucket,
           sum(dialed)::integer as dialed,
           sum(answered)::integer as answered,
           sum(no_answer)::integer as no_answer,
           sum(busy)::integer as busy,
           sum(failed)::integer as failed,
           sum(abandoned)::integer as abandoned,
           sum(talk_sec)::bigint as talk_sec,
           sum(handed_over)::integer as handed_over,
           sum(connected)::integer as connected,
           sum(no_input)::integer as no_input,
           sum(key_0)::integer as key_0,
           sum(key_1)::integer as key_1,
           sum(key_2)::integer as key_2,
           sum(key_3)::integer as key_3,
           sum(key_4)::integer as key_4,
           sum(key_5)::integer as key_5,
           sum(key_6)::integer as key_6,
           sum(key_7)::integer as key_7,
           sum(key_8)::integer as key_8,
           sum(key_9)::integer as key_9,
           sum(key_star)::integer as key_star,
           sum(key_hash)::integer as key_hash
    from fine
    group by 1, 3
)
insert into autocall_totals as stored (
    tenant_id,
    campaign_id,
    agent_id,
    scope,
    width,
    bucket,
    dialed,
    answered,
    no_answer,
    busy,
    failed,
    abandoned,
    talk_sec,
    handed_over,
    connected,
    no_input,
    key_0,
    key_1,
    key_2,
    key_3,
    key_4,
    key_5,
    key_6,
    key_7,
    key_8,
    key_9,
    key_star,
    key_hash
)
select $1,
       case when scope in (0 /* campaign */, 2 /* agent_of_campaign */) then campaign_id else 0 end,
       coalesce(agent_id, 0),
       scope,
       width,
       callboard_bucket(bucket, width / 1),
       sum(dialed),
       sum(answered),
       sum(no_answer),
       sum(busy),
       sum(failed),
       sum(abandoned),
       sum(talk_sec),
       sum(handed_over),
       sum(connected),
       sum(no_input),
       sum(key_0),
       sum(key_1),
       sum(key_2),
       sum(key_3),
       sum(key_4),
       sum(key_5),
       sum(key_6),
       sum(key_7),
       sum(key_8),
       sum(key_9),
       sum(key_star),
       sum(key_hash)
from bare
cross join (values
    (0 /* campaign */, 1),
    (0 /* campaign */, 4),
    (0 /* campaign */, 96),
    (1 /* account */, 1),
    (1 /* account */, 4),
    (1 /* account */, 96)
) as level (scope, width)
group by 2, 3, 4, 5, 6
having sum(dialed) <> 0
    or sum(answered) <> 0
    or sum(no_answer) <> 0
    or sum(busy) <> 0
    or sum(failed) <> 0
    or sum(abandoned) <> 0
    or sum(talk_sec) <> 0
    or sum(handed_over) <> 0
    or sum(connected) <> 0
    or sum(no_input) <> 0
    or sum(key_0) <> 0
    or sum(key_1) <> 0
    or sum(key_2) <> 0
    or sum(key_3) <> 0
    or sum(key_4) <> 0
    or sum(key_5) <> 0
    or sum(key_6) <> 0
    or sum(key_7) <> 0
    or sum(key_8) <> 0
    or sum(key_9) <> 0
    or sum(key_star) <> 0
    or sum(key_hash) <> 0
order by 2, 3, 4, 5, 6
on conflict (tenant_id, campaign_id, agent_id, scope, width, bucket) do update set
    dialed = stored.dialed + excluded.dialed,
    answered = stored.answered + excluded.answered,
    no_answer = stored.no_answer + excluded.no_answer,
    busy = stored.busy + excluded.busy,
    failed = stored.failed + excluded.failed,
    abandoned = stored.abandoned + excluded.abandoned,
    talk_sec = stored.talk_sec + excluded.talk_sec,
    handed_over = stored.handed_over + excluded.handed_over,
    connected = stored.connected + excluded.connected,
    no_input = stored.no_input + excluded.no_input,
    key_0 = stored.key_0 + excluded.key_0,
    key_1 = stored.key_1 + excluded.key_1,
    key_2 = stored.key_2 + excluded.key_2,
    key_3 = stored.key_3 + excluded.key_3,
    key_4 = stored.key_4 + excluded.key_4,
    key_5 = stored.key_5 + excluded.key_5,
    key_6 = stored.key_6 + excluded.key_6,
    key_7 = stored.key_7 + excluded.key_7,
    key_8 = stored.key_8 + excluded.key_8,
    key_9 = stored.key_9 + excluded.key_9,
    key_star = stored.key_star + excluded.key_star,
    key_hash = stored.key_hash + excluded.key_hash;

-- Adds rows to autocall_hangups. They are summed by the finest bucket first, which leaves few sums for every level and scope.
-- Agents multiply rows, so sums over all agents are made from sums by agent. They come as the key lies, which spares the index.
with fine as materialized ( -- without sums of entries that cancel each other out
    select *
    from (
        select r.campaign_id,
               null::bigint as agent_id,
               r.quarter as bucket,
               callboard_short(r.hangup_cause) collate "C" as hangup_cause,
               sum(r.weight * 1)::integer as attempts
        from (
            select *
            from autocall_attempts_journal
            where tenant_id = $1
              and nullif(quarter >= (select callboard_quarter(callboard_complete_from($1))), false) is not null
        ) r
        where r.hangup_cause is not null
        group by 1, 2, 3, 4
    ) sums
    where attempts <> 0
), bare as (
    select campaign_id,
           null::bigint as agent_id,
           bucket,
           hangup_cause,
           sum(attempts)::integer as attempts
    from fine
    group by 1, 3, 4
)
insert into autocall_hangups as stored (
    tenant_id,
    campaign_id,
    agent_id,
    scope,
    width,
    bucket,
    hangup_cause,
    attempts
)
select $1,
       case when scope in (0 /* campaign */, 2 /* agent_of_campaign */) then campaign_id else 0 end,
       coalesce(agent_id, 0),
       scope,
       width,
       callboard_bucket(bucket, width / 1),
       hangup_cause,
       sum(attempts)
from bare
cross join (values
    (0 /* campaign */, 1),
    (0 /* campaign */, 4),
    (0 /* campaign */, 96)
) as level (scope, width)
group by 2, 3, 4, 5, 6, 7
having sum(attempts) <> 0
order by 2, 3, 4, 5, 6, 7
on conflict (tenant_id, campaign_id, agent_id, scope, width, bucket, callboard_key(hangup_cause)) do update set
    attempts = stored.attempts + excluded.attempts;

-- Adds rows to autocall_paths. They are summed by the finest bucket first, which leaves few sums for every level and scope.
-- Agents multiply rows, so sums over all agents are made from sums by agent. They come as the key lies, which spares the index.
with fine as materialized ( -- without sums of entries that cancel each other out
    select *
    from (
        select r.campaign_id,
               null::bigint as agent_id,
               r.quarter as bucket,
               callboard_path(r.script_path) collate "C" as path,
               sum(r.weight * 1)::integer as attempts
        from (
            select *
            from autocall_attempts_journal
            where tenant_id = $1
              and nullif(quarter >= (select callboard_quarter(callboard_complete_from($1))), false) is not null
        ) r
        where r.result = 'answered' and cardinality(r.script_path) > 0
        group by 1, 2, 3, 4
    ) sums
    where attempts <> 0
), bare as (
    select campaign_id,
           null::bigint as agent_id,
           bucket,
           path,
           sum(attempts)::integer as attempts
    from fine
    group by 1, 3, 4
)
insert into autocall_paths as stored (
    tenant_id,
    campaign_id,
    agent_id,
    scope,
    width,
    bucket,
    path,
    attempts
)
select $1,
       case when scope in (0 /* campaign */, 2 /* agent_of_campaign */) then campaign_id else 0 end,
       coalesce(agent_id, 0),
       scope,
       width,
       callboard_bucket(bucket, width / 1),
       path,
       sum(attempts)
from bare
cross join (values
    (0 /* campaign */, 1),
    (0 /* campaign */, 4),
    (0 /* campaign */, 96)
) as level (scope, width)
group by 2, 3, 4, 5, 6, 7
having sum(attempts) <> 0
order by 2, 3, 4, 5, 6, 7
on conflict (tenant_id, campaign_id, agent_id, scope, width, bucket, callboard_key(path)) do update set
    attempts = stored.attempts + excluded.attempts;

-- Adds rows to autocall_outcomes. They are summed by the finest bucket first, which leaves few sums for every level and scope.
-- Agents multiply rows, so sums over all agents are made from sums by agent. They come as the key lies, which spares the index.
with fine as materialized ( -- without sums of entries that cancel each other out
    select *
    from (
        select r.campaign_id,
               null::bigint as agent_id,
               r.quarter as bucket,
               callboard_short(coalesce(r.outcome, r.result)) collate "C" as outcome,
               sum(r.weight * 1)::integer as calls
        from (
            select *
            from autocall_attempts_journal
            where tenant_id = $1
              and nullif(quarter >= (select callboard_quarter(callboard_complete_from($1))), false) is not null
        ) r
        where coalesce(r.outcome, r.result) is not null
        group by 1, 2, 3, 4
    ) sums
    where calls <> 0
), bare as (
    select campaign_id,
           null::bigint as agent_id,
           bucket,
           outcome,
           sum(calls)::integer as calls
    from fine
    group by 1, 3, 4
)
insert into autocall_outcomes as stored (
    tenant_id,
    campaign_id,
    agent_id,
    scope,
    width,
    bucket,
    outcome,
    calls
)
select $1,
       case when scope in (0 /* campaign */, 2 /* agent_of_campaign */) then campaign_id else 0 end,
       coalesce(agent_id, 0),
       scope,
       width,
       callboard_bucket(bucket, width / 1),
       outcome,
       sum(calls)
from bare
cross join (values
    (0 /* campaign */, 4),
    (0 /* campaign */, 96),
    (1 /* account */, 1),
    (1 /* account */, 4),
    (1 /* account */, 96)
) as level (scope, width)
group by 2, 3, 4, 5, 6, 7
having sum(calls) <> 0
order by 2, 3, 4, 5, 6, 7
on conflict (tenant_id, campaign_id, agent_id, scope, width, bucket, callboard_key(outcome)) do update set
    calls = stored.calls + excluded.calls;

-- Adds rows to autocall_providers. They are summed by the finest bucket first, which leaves few sums for every level and scope.
-- Agents multiply rows, so sums over all agents are made from sums by agent. They come as the key lies, which spares the index.
with fine as materialized ( -- without sums of entries that cancel each other out
    select *
    from (
        select r.campaign_id,
               null::bigint as agent_id,
               r.quarter as bucket,
               callboard_short(coalesce(r.provider, '(unknown)')) collate "C" as provider,
               sum(r.weight * 1)::integer as calls
        from (
            select *
            from autocall_attempts_journal
            where tenant_id = $1
              and nullif(quarter >= (select callboard_quarter(callboard_complete_from($1))), false) is not null
        ) r
        group by 1, 2, 3, 4
    ) sums
    where calls <> 0
), bare as (
    select campaign_id,
           null::bigint as agent_id,
           bucket,
           provider,
           sum(calls)::integer as calls
    from fine
    group by 1, 3, 4
)
insert into autocall_providers as stored (
    tenant_id,
    campaign_id,
    agent_id,
    scope,
    width,
    bucket,
    provider,
    calls
)
select $1,
       case when scope in (0 /* campaign */, 2 /* agent_of_campaign */) then campaign_id else 0 end,
       coalesce(agent_id, 0),
       scope,
       width,
       callboard_bucket(bucket, width / 1),
       provider,
       sum(calls)
from bare
cross join (values
    (0 /* campaign */, 4),
    (0 /* campaign */, 96),
    (1 /* account */, 1),
    (1 /* account */, 4),
    (1 /* account */, 96)
) as level (scope, width)
group by 2, 3, 4, 5, 6, 7
having sum(calls) <> 0
order by 2, 3, 4, 5, 6, 7
on conflict (tenant_id, campaign_id, agent_id, scope, width, bucket, callboard_key(provider)) do update set
    calls = stored.calls + excluded.calls;

-- Adds rows to autocall_tries. They are summed by the finest bucket first, which leaves few sums for every level and scope.
-- Agents multiply rows, so sums over all agents are made from sums by agent. They come as the key lies, which spares the index.
with fine as materialized ( -- without sums of entries that cancel each other out
    select *
    from (
        select r.campaign_id,
               null::bigint as agent_id,
               r.quarter as bucket,
               r.attempt_number::text collate "C" as attempt_number,
               sum(r.weight * 1)::integer as calls,
               sum(r.weight * case when r.result = 'answered' then 1 else 0 end)::integer as answered
        from (
            select *
            from autocall_attempts_journal
            where tenant_id = $1
              and nullif(quarter >= (select callboard_quarter(callboard_complete_from($1))), false) is not null
        ) r
        group by 1, 2, 3, 4
    ) sums
    where calls <> 0
        or answered <> 0
), bare as (
    select campaign_id,
           null::bigint as agent_id,
           bucket,
           attempt_number,
           sum(calls)::integer as calls,
           sum(answered)::integer as answered
    from fine
    group by 1, 3, 4
)
insert into autocall_tries as stored (
    tenant_id,
    campaign_id,
    agent_id,
    scope,
    width,
    bucket,
    attempt_number,
    calls,
    answered
)
select $1,
       case when scope in (0 /* campaign */, 2 /* agent_of_campaign */) then campaign_id else 0 end,
       coalesce(agent_id, 0),
       scope,
       width,
       callboard_bucket(bucket, width / 1),
       attempt_number,
       sum(calls),
       sum(answered)
from bare
cross join (values
    (0 /* campaign */, 4),
    (0 /* campaign */, 96),
    (1 /* account */, 1),
    (1 /* account */, 4),
    (1 /* account */, 96)
) as level (scope, width)
group by 2, 3, 4, 5, 6, 7
having sum(calls) <> 0
    or sum(answered) <> 0
order by 2, 3, 4, 5, 6, 7
on conflict (tenant_id, campaign_id, agent_id, scope, width, bucket, callboard_key(attempt_number)) do update set
    calls = stored.calls + excluded.calls,
    answered = stored.answered + excluded.answered;

-- Adds rows to autocall_sentiments. They are summed by the finest bucket first, which leaves few sums for every level and scope.
-- Agents multiply rows, so sums over all agents are made from sums by agent. They come as the key lies, which spares the index.
with fine as materialized ( -- without sums of entries that cancel each other out
    select *
    from (
        select r.campaign_id,
               null::bigint as agent_id,
               r.quarter as bucket,
               callboard_fifth(r.sentiment)::text collate "C" as fifth,
               sum(r.weight * 1)::integer as calls
        from (
            select *
            from autocall_attempts_journal
            where tenant_id = $1
              and nullif(quarter >= (select callboard_quarter(callboard_complete_from($1))), false) is not null
        ) r
        where r.sentiment is not null
        group by 1, 2, 3, 4
    ) sums
    where calls <> 0
), bare as (
    select campaign_id,
           null::bigint as agent_id,
           bucket,
           fifth,
           sum(calls)::integer as calls
    from fine
    group by 1, 3, 4
)
insert into autocall_sentiments as stored (
    tenant_id,
    campaign_id,
    agent_id,
    scope,
    width,
    bucket,
    fifth,
    calls
)
select $1,
       case when scope in (0 /* campaign */, 2 /* agent_of_campaign */) then campaign_id else 0 end,
       coalesce(agent_id, 0),
       scope,
       width,
       callboard_bucket(bucket, width / 1),
       fifth,
       sum(calls)
from bare
cross join (values
    (0 /* campaign */, 4),
    (0 /* campaign */, 96),
    (1 /* account */, 1),
    (1 /* account */, 4),
    (1 /* account */, 96)
) as level (scope, width)
group by 2, 3, 4, 5, 6, 7
having sum(calls) <> 0
order by 2, 3, 4, 5, 6, 7
on conflict (tenant_id, campaign_id, agent_id, scope, width, bucket, callboard_key(fifth)) do update set
    calls = stored.calls + excluded.calls;

-- Adds rows to autocall_lead_totals. They are summed by the finest bucket first, which leaves few sums for every level and scope.
-- Agents multiply rows, so sums over all agents are made from sums by agent. They come as the key lies, which spares the index.
with fine as materialized ( -- without sums of entries that cancel each other out
    select *
    from (
        select r.campaign_id,
               null::bigint as agent_id,
               r.quarter as bucket,
               sum(r.weight * 1)::integer as leads,
               sum(r.weight * case when r.status in ('pending', 'in_progress', 'retry') then 1 else 0 end)::integer as unfinished
        from (
            select *
            from autocall_leads_journal
            where tenant_id = $1
              and nullif(quarter >= (select callboard_quarter(callboard_complete_from($1))), false) is not null
        ) r
        group by 1, 2, 3
    ) sums
    where leads <> 0
        or unfinished <> 0
), bare as (
    select campaign_id,
           null::bigint as agent_id,
           bucket,
           sum(leads)::integer as leads,
           sum(unfinished)::integer as unfinished
    from fine
    group by 1, 3
)
insert into autocall_lead_totals as stored (
    tenant_id,
    campaign_id,
    agent_id,
    scope,
    width,
    bucket,
    leads,
    unfinished
)
select $1,
       case when scope in (0 /* campaign */, 2 /* agent_of_campaign */) then campaign_id else 0 end,
       coalesce(agent_id, 0),
       scope,
       width,
       callboard_bucket(bucket, width / 1),
       sum(leads),
       sum(unfinished)
from bare
cross join (values
    (0 /* campaign */, 1),
    (0 /* campaign */, 4),
    (0 /* campaign */, 96)
) as level (scope, width)
group by 2, 3, 4, 5, 6
having sum(leads) <> 0
    or sum(unfinished) <> 0
order by 2, 3, 4, 5, 6
on conflict (tenant_id, campaign_id, agent_id, scope, width, bucket) do update set
    leads = stored.leads + excluded.leads,
    unfinished = stored.unfinished + excluded.unfinished;

-- Adds changes to autocall_links, while the trail still records what they were made of.
with changes as materialized ( -- the journal by lead and hour
    select s.scope,
           case when s.scope = 0 /* campaign */ then r.campaign_id else 0 end as campaign_id,
           r.lead_id,
           r.hour,
           r.stages,
           sum(r.n) as n
    from (
        select r.campaign_id,
               r.lead_id,
               callboard_bucket(r.quarter, 4) as hour,
               (
                   1
                   + case when r.result = 'answered' then 2 else 0 end
                   + case when r.result = 'answered' and r.dtmf <> '' and coalesce((
                   (
                       select jsonb_object_agg(c.id, k.keys)
                       from (
                           select s.id,
                                  array(
                                      select action ->> 'digit'
                                      from jsonb_array_elements(s.dtmf_actions) action
                                      where length(action ->> 'digit') = 1
                                  ) as keys
                           from autocall_scripts s
                           where s.tenant_id = $1
                             and jsonb_typeof(s.dtmf_actions) = 'array'
                             and s.dtmf_actions <> '[]'
                           offset 0
                       ) k
                       cross join lateral (
                           select c.id
                           from autocall_campaigns c
                           where c.tenant_id = $1
                             and c.script_id = k.id
                           offset 0
                       ) c
                   ) -> r.campaign_id::text
               ) ? right(r.dtmf, 1), true) then 4 else 0 end
                   + case when callboard_handed_over(r.transfer) then 8 else 0 end
                   + case when r.agent_disposition is not null then 16 else 0 end
               )::smallint as stages,
               sum(r.weight) as n
        from (
            select *
            from autocall_attempts_journal
            where tenant_id = $1
              and nullif(quarter >= (select callboard_quarter(callboard_complete_from($1))), false) is not null
        ) r
        group by 1, 2, 3, 4
        having sum(r.weight) <> 0
    ) r
    cross join (values (0 /* campaign */)) s (scope)
    group by 1, 2, 3, 4, 5
), hours as materialized ( -- hours in which a lead reached other stages before than after
    select scope,
           campaign_id,
           lead_id,
           hour,
           coalesce(bit_or(stages) filter (where before > 0), 0) as before,
           coalesce(bit_or(stages) filter (where after > 0), 0) as after
    from (
        select scope,
               campaign_id,
               lead_id,
               hour,
               stages,
               sum(n) filter (where is_stored) as before,
               sum(n) as after
        from (
            select *, false as is_stored
            from changes
            union all
            select h.scope, h.campaign_id, h.lead_id, h.hour, t.stages, t.n, true
            from (select distinct scope, campaign_id, lead_id, hour from changes) h
            cross join lateral (
                select t.stages, t.n
                from autocall_trail t
                where t.tenant_id = $1
                  and t.lead_id = h.lead_id
                  and t.hour = h.hour
                  and t.campaign_id = h.campaign_id
                offset 0
            ) t
        ) parts
        group by 1, 2, 3, 4, 5
    ) rows
    group by 1, 2, 3, 4
    having coalesce(bit_or(stages) filter (where before > 0), 0)
        <> coalesce(bit_or(stages) filter (where after > 0), 0)
), nodes as ( -- with the nearest hours on either side that have the stage: pairs between others stay as they are
    select scope,
           campaign_id,
           lead_id,
           hour,
           coalesce(bit_or(before) filter (where is_changed), bit_or(before)) as before,
           coalesce(bit_or(after) filter (where is_changed), bit_or(after)) as after
    from (
        select *, true as is_changed
        from hours
        union all
        select h.scope, h.campaign_id, h.lead_id, t.hour, b.stage, b.stage, false
        from hours h
        cross join (values (1), (2), (4), (8), (16)) b (stage)
        cross join lateral (
            (
                select t.hour
                from autocall_trail t
                where t.tenant_id = $1
                  and t.lead_id = h.lead_id
                  and t.hour < h.hour
                  and t.campaign_id = h.campaign_id
                  and t.stages & b.stage <> 0
                order by t.hour desc
                limit 1
            )
            union all
            (
                select t.hour
                from autocall_trail t
                where t.tenant_id = $1
                  and t.lead_id = h.lead_id
                  and t.hour > h.hour
                  and t.campaign_id = h.campaign_id
                  and t.stages & b.stage <> 0
                order by t.hour
                limit 1
            )
        ) t
        where (h.before # h.after) & b.stage <> 0
    ) parts
    group by 1, 2, 3, 4
), versions as ( -- before (-1) and after (1)
    select v.version,
           n.scope,
           n.campaign_id,
           n.lead_id,
           n.hour,
           v.stages
    from nodes n
    cross join lateral (values (-1, n.before), (1, n.after)) v (version, stages)
    where v.stages <> 0
),
chains as ( -- each hour of a lead with the last hour before it in each stage
    select version,
           scope,
           campaign_id,
           hour,
           stages,
           max(hour) filter (where stages & 1 <> 0) over earlier as dialed,
           max(hour) filter (where stages & 2 <> 0) over earlier as answered,
           max(hour) filter (where stages & 4 <> 0) over earlier as pressed,
           max(hour) filter (where stages & 8 <> 0) over earlier as handed_over,
           max(hour) filter (where stages & 16 <> 0) over earlier as disposed
    from versions
    window earlier as (
        partition by version, scope, campaign_id, lead_id
        order by hour
        rows between unbounded preceding and 1 preceding
    )
), linked as ( -- from each hour to itself, then from the last hour before to it
    select scope,
           campaign_id,
           hour as earlier,
           hour as later,
           sum(case when stages & 1 <> 0 then version else 0 end)::integer as dialed,
           sum(case when stages & 2 <> 0 then version else 0 end)::integer as answered,
           sum(case when stages & 4 <> 0 then version else 0 end)::integer as pressed,
           sum(case when stages & 8 <> 0 then version else 0 end)::integer as handed_over,
           sum(case when stages & 16 <> 0 then version else 0 end)::integer as disposed
    from chains
    group by 1, 2, 3
    union all
    select scope,
           campaign_id,
           b.earlier,
           hour,
           -sum(case when b.stage = 1 then version else 0 end)::integer,
           -sum(case when b.stage = 2 then version else 0 end)::integer,
           -sum(case when b.stage = 4 then version else 0 end)::integer,
           -sum(case when b.stage = 8 then version else 0 end)::integer,
           -sum(case when b.stage = 16 then version else 0 end)::integer
    from chains
    cross join lateral (values
        (1, dialed),
        (2, answered),
        (4, pressed),
        (8, handed_over),
        (16, disposed)
    ) b (stage, earlier)
    where b.earlier is not null
      and stages & b.stage <> 0
    group by 1, 2, 3, 4
)
insert into autocall_links as stored (
    tenant_id,
    campaign_id,
    scope,
    width,
    later_width,
    bucket,
    later_bucket,
    dialed,
    answered,
    pressed,
    handed_over,
    disposed
)
select $1,
       campaign_id,
       scope,
       w.width,
       v.width,
       callboard_bucket(earlier, w.width / 4),
       callboard_bucket(later, v.width / 4),
       sum(dialed),
       sum(answered),
       sum(pressed),
       sum(handed_over),
       sum(disposed)
from linked
cross join (values (4), (96)) w (width)
cross join (values (4), (96)) v (width)
group by 2, 3, 4, 5, 6, 7
having sum(dialed) <> 0
    or sum(answered) <> 0
    or sum(pressed) <> 0
    or sum(handed_over) <> 0
    or sum(disposed) <> 0
order by 2, 3, 4, 5, 6, 7
on conflict (tenant_id, campaign_id, scope, width, later_width, bucket, later_bucket) do update set
    dialed = stored.dialed + excluded.dialed,
    answered = stored.answered + excluded.answered,
    pressed = stored.pressed + excluded.pressed,
    handed_over = stored.handed_over + excluded.handed_over,
    disposed = stored.disposed + excluded.disposed;

-- Adds rows to autocall_lead_states. They are summed by the finest bucket first, which leaves few sums for every level and scope.
-- Agents multiply rows, so sums over all agents are made from sums by agent. They come as the key lies, which spares the index.
with fine as materialized ( -- without sums of entries that cancel each other out
    select *
    from (
        select r.campaign_id,
               null::bigint as agent_id,
               r.quarter as bucket,
               sum(r.weight * 1)::integer as leads,
               sum(r.weight * case when r.attempts > 0 then 1 else 0 end)::integer as tried,
               sum(r.weight * case when r.attempts > 1 then 1 else 0 end)::integer as retried,
               sum(r.weight * case when r.in_progress then 1 else 0 end)::integer as processing,
               sum(r.weight * case when r.attempts > 0 and not r.in_progress and r.status in ('pending', 'in_progress', 'retry') then 1 else 0 end)::integer as retry,
               sum(r.weight * case when r.attempts > 0 and not r.in_progress and not r.status in ('pending', 'in_progress', 'retry') then 1 else 0 end)::integer as finished
        from (
            with changed as materialized (
                select lead_id,
                       sum(attempts) as attempts,
                       sum(waiting) as waiting
                from (
                    select lead_id, weight as attempts, case when result is null then weight else 0 end as waiting
                    from autocall_attempts_journal
                    where tenant_id = $1
                      and nullif(quarter >= (select callboard_quarter(callboard_complete_from($1))), false) is not null
                    union all
                    select id, 0, 0
                    from autocall_leads_journal
                    where tenant_id = $1
                ) entries
                group by lead_id
            )
            select v.weight,
                   callboard_quarter(l.created_at) as quarter,
                   l.lead_id,
                   l.campaign_id,
                   l.created_at,
                   l.status,
                   v.attempts,
                   v.waiting > 0 as in_progress
            from (
                select *
                from (
                    select lead_id,
                           campaign_id,
                           created_at,
                           status,
                           sum(was) as was,
                           sum(is_now) as is_now
                    from (
                        select c.lead_id, l.campaign_id, l.created_at, l.status, 1 as was, 1 as is_now
                        from changed c
                        cross join lateral (
                            select l.campaign_id, l.created_at, l.status
                            from autocall_leads l
                            where l.tenant_id = $1
                              and l.id = c.lead_id
                            offset 0
                        ) l
                        union all
                        select l.id, l.campaign_id, l.created_at, l.status, -l.weight, 0
                        from autocall_leads_journal l
                        where l.tenant_id = $1
                    ) l
                    group by 1, 2, 3, 4
                ) l
                full join changed using (lead_id) -- never a nested loop (sources_nearest_of_journal.sql)
                offset 0
            ) l
            left join lateral (
                select t.attempts, t.waiting
                from autocall_lead_trail t
                where t.tenant_id = $1
                  and t.lead_id = l.lead_id
                offset 0
            ) t on true
            cross join lateral (values
                (-l.was, coalesce(t.attempts, 0), coalesce(t.waiting, 0)),
                (l.is_now, coalesce(t.attempts, 0) + l.attempts, coalesce(t.waiting, 0) + l.waiting)
            ) v (weight, attempts, waiting)
            where v.weight <> 0
        ) r
        group by 1, 2, 3
    ) sums
    where leads <> 0
        or tried <> 0
        or retried <> 0
        or processing <> 0
        or retry <> 0
        or finished <> 0
), bare as (
    select campaign_id,
           null::bigint as agent_id,
           bucket,
           sum(leads)::integer as leads,
           sum(tried)::integer as tried,
           sum(retried)::integer as retried,
           sum(processing)::integer as processing,
           sum(retry)::integer as retry,
           sum(finished)::integer as finished
    from fine
    group by 1, 3
)
insert into autocall_lead_states as stored (
    tenant_id,
    campaign_id,
    agent_id,
    scope,
    width,
    bucket,
    leads,
    tried,
    retried,
    processing,
    retry,
    finished
)
select $1,
       case when scope in (0 /* campaign */, 2 /* agent_of_campaign */) then campaign_id else 0 end,
       coalesce(agent_id, 0),
       scope,
       width,
       callboard_bucket(bucket, width / 1),
       sum(leads),
       sum(tried),
       sum(retried),
       sum(processing),
       sum(retry),
       sum(finished)
from bare
cross join (values
    (0 /* campaign */, 1),
    (0 /* campaign */, 4),
    (0 /* campaign */, 96),
    (1 /* account */, 1),
    (1 /* account */, 4),
    (1 /* account */, 96)
) as level (scope, width)
group by 2, 3, 4, 5, 6
having sum(leads) <> 0
    or sum(tried) <> 0
    or sum(retried) <> 0
    or sum(processing) <> 0
    or sum(retry) <> 0
    or sum(finished) <> 0
order by 2, 3, 4, 5, 6
on conflict (tenant_id, campaign_id, agent_id, scope, width, bucket) do update set
    leads = stored.leads + excluded.leads,
    tried = stored.tried + excluded.tried,
    retried = stored.retried + excluded.retried,
    processing = stored.processing + excluded.processing,
    retry = stored.retry + excluded.retry,
    finished = stored.finished + excluded.finished;

-- Brings the attempts of leads up to date with their states.
insert into autocall_lead_trail as stored (tenant_id, lead_id, attempts, waiting)
select $1,
       lead_id,
       sum(weight),
       coalesce(sum(weight) filter (where result is null), 0)
from (
    select *
    from autocall_attempts_journal
    where tenant_id = $1
      and nullif(quarter >= (select callboard_quarter(callboard_complete_from($1))), false) is not null
) r
group by lead_id
having sum(weight) <> 0
    or sum(weight) filter (where result is null) <> 0
order by lead_id
on conflict (tenant_id, lead_id) do update set
    attempts = stored.attempts + excluded.attempts,
    waiting = stored.waiting + excluded.waiting;

delete from autocall_lead_trail t
using (
    select distinct lead_id
    from (
        select *
        from autocall_attempts_journal
        where tenant_id = $1
          and nullif(quarter >= (select callboard_quarter(callboard_complete_from($1))), false) is not null
    ) r
    where r.weight < 0
) r
where t.tenant_id = $1
  and t.lead_id = r.lead_id
  and t.attempts <= 0;

-- Brings autocall_trail up to date with the links.
insert into autocall_trail as stored (tenant_id, campaign_id, lead_id, hour, stages, n)
select $1,
       campaign_id,
       lead_id,
       hour,
       stages,
       sum(weight)
from (
    select r.campaign_id,
           r.lead_id,
           callboard_bucket(r.quarter, 4) as hour,
           (
               1
               + case when r.result = 'answered' then 2 else 0 end
               + case when r.result = 'answered' and r.dtmf <> '' and coalesce((
               (
                   select jsonb_object_agg(c.id, k.keys)
                   from (
                       select s.id,
                              array(
                                  select action ->> 'digit'
                                  from jsonb_array_elements(s.dtmf_actions) action
                                  where length(action ->> 'digit') = 1
                              ) as keys
                       from autocall_scripts s
                       where s.tenant_id = $1
                         and jsonb_typeof(s.dtmf_actions) = 'array'
                         and s.dtmf_actions <> '[]'
                       offset 0
                   ) k
                   cross join lateral (
                       select c.id
                       from autocall_campaigns c
                       where c.tenant_id = $1
                         and c.script_id = k.id
                       offset 0
                   ) c
               ) -> r.campaign_id::text
           ) ? right(r.dtmf, 1), true) then 4 else 0 end
               + case when callboard_handed_over(r.transfer) then 8 else 0 end
               + case when r.agent_disposition is not null then 16 else 0 end
           )::smallint as stages,
           r.weight
    from (
        select *
        from autocall_attempts_journal
        where tenant_id = $1
          and nullif(quarter >= (select callboard_quarter(callboard_complete_from($1))), false) is not null
    ) r
) r
where stages <> 0
group by campaign_id, lead_id, hour, stages
having sum(weight) <> 0
order by campaign_id, lead_id, hour, stages
on conflict (tenant_id, campaign_id, lead_id, hour, stages) do update set
    n = stored.n + excluded.n;

delete from autocall_trail t
using (
    select distinct
        campaign_id,
        lead_id,
        callboard_bucket(r.quarter, 4) as hour
    from (
        select *
        from autocall_attempts_journal
        where tenant_id = $1
          and nullif(quarter >= (select callboard_quarter(callboard_complete_from($1))), false) is not null
    ) r
    where r.weight < 0
) r
where t.tenant_id = $1
  and t.campaign_id = r.campaign_id
  and t.lead_id = r.lead_id
  and t.hour = r.hour
  and t.n <= 0;

delete from autocall_attempts_journal
where tenant_id = $1;

delete from autocall_leads_journal
where tenant_id = $1;

----------------------------------------------------------------------------------------------------------------------
-- Compaction of autocall: rebuild of the campaigns $2
----------------------------------------------------------------------------------------------------------------------

-- Deletes the sums of a rebuild. What lies before the account's complete-from stays; the buckets that this divides are made
-- of both (kept.sql).
delete from autocall_totals
where tenant_id = $1
  and scope in (0 /* campaign */, 2 /* agent_of_campaign */)
  and campaign_id = any ($2)
  and (bucket + 1) * width > (select callboard_quarter(callboard_complete_from($1)));

-- Deletes the sums of a rebuild. What lies before the account's complete-from stays; the buckets that this divides are made
-- of both (kept.sql).
delete from autocall_hangups
where tenant_id = $1
  and scope in (0 /* campaign */, 2 /* agent_of_campaign */)
  and campaign_id = any ($2)
  and (bucket + 1) * width > (select callboard_quarter(callboard_complete_from($1)));

-- Deletes the sums of a rebuild. What lies before the account's complete-from stays; the buckets that this divides are made
-- of both (kept.sql).
delete from autocall_paths
where tenant_id = $1
  and scope in (0 /* campaign */, 2 /* agent_of_campaign */)
  and campaign_id = any ($2)
  and (bucket + 1) * width > (select callboard_quarter(callboard_complete_from($1)));

-- Deletes the sums of a rebuild. What lies before the account's complete-from stays; the buckets that this divides are made
-- of both (kept.sql).
delete from autocall_outcomes
where tenant_id = $1
  and scope in (0 /* campaign */, 2 /* agent_of_campaign */)
  and campaign_id = any ($2)
  and (bucket + 1) * width > (select callboard_quarter(callboard_complete_from($1)));

-- Deletes the sums of a rebuild. What lies before the account's complete-from stays; the buckets that this divides are made
-- of both (kept.sql).
delete from autocall_providers
where tenant_id = $1
  and scope in (0 /* campaign */, 2 /* agent_of_campaign */)
  and campaign_id = any ($2)
  and (bucket + 1) * width > (select callboard_quarter(callboard_complete_from($1)));

-- Deletes the sums of a rebuild. What lies before the account's complete-from stays; the buckets that this divides are made
-- of both (kept.sql).
delete from autocall_tries
where tenant_id = $1
  and scope in (0 /* campaign */, 2 /* agent_of_campaign */)
  and campaign_id = any ($2)
  and (bucket + 1) * width > (select callboard_quarter(callboard_complete_from($1)));

-- Deletes the sums of a rebuild. What lies before the account's complete-from stays; the buckets that this divides are made
-- of both (kept.sql).
delete from autocall_sentiments
where tenant_id = $1
  and scope in (0 /* campaign */, 2 /* agent_of_campaign */)
  and campaign_id = any ($2)
  and (bucket + 1) * width > (select callboard_quarter(callboard_complete_from($1)));

delete from autocall_trail
where tenant_id = $1
and campaign_id = any ($2);

delete from autocall_links
where tenant_id = $1
  and scope in (0 /* campaign */, 2 /* agent_of_campaign */)
  and campaign_id = any ($2);

-- Deletes the sums of a rebuild. What lies before the account's complete-from stays; the buckets that this divides are made
-- of both (kept.sql).
delete from autocall_lead_totals
where tenant_id = $1
  and scope in (0 /* campaign */, 2 /* agent_of_campaign */)
  and campaign_id = any ($2)
  and (bucket + 1) * width > (select callboard_quarter(callboard_complete_from($1)));

delete from autocall_lead_states
where tenant_id = $1
  and scope in (0 /* campaign */, 2 /* agent_of_campaign */)
  and campaign_id = any ($2);

-- Adds rows to autocall_totals. They are summed by the finest bucket first, which leaves few sums for every level and scope.
-- Agents multiply rows, so sums over all agents are made from sums by agent. They come as the key lies, which spares the index.
with fine as materialized ( -- without sums of entries that cancel each other out
    select *
    from (
        select r.campaign_id,
               null::bigint as agent_id,
               r.quarter as bucket,
               sum(r.weight * 1)::integer as dialed,
               sum(r.weight * case when r.result = 'answered' then 1 else 0 end)::integer as answered,
               sum(r.weight * case when r.result = 'no_answer' then 1 else 0 end)::integer as no_answer,
               sum(r.weight * case when r.result = 'busy' then 1 else 0 end)::integer as busy,
               sum(r.weight * case when r.result = 'failed' then 1 else 0 end)::integer as failed,
               sum(r.weight * case when r.result = 'abandoned' then 1 else 0 end)::integer as abandoned,
               sum(r.weight * case when r.result = 'answered' then (r.billsec)::bigint else 0 end)::bigint as talk_sec,
               sum(r.weight * case when callboard_handed_over(r.transfer) then 1 else 0 end)::integer as handed_over,
               sum(r.weight * case when r.transfer = 'connected' then 1 else 0 end)::integer as connected,
               sum(r.weight * case when r.result = 'answered' and r.dtmf = '' then 1 else 0 end)::integer as no_input,
               sum(r.weight * case when r.result = 'answered' and right(r.dtmf, 1) = '0' then 1 else 0 end)::integer as key_0,
               sum(r.weight * case when r.result = 'answered' and right(r.dtmf, 1) = '1' then 1 else 0 end)::integer as key_1,
               sum(r.weight * case when r.result = 'answered' and right(r.dtmf, 1) = '2' then 1 else 0 end)::integer as key_2,
               sum(r.weight * case when r.result = 'answered' and right(r.dtmf, 1) = '3' then 1 else 0 end)::integer as key_3,
               sum(r.weight * case when r.result = 'answered' and right(r.dtmf, 1) = '4' then 1 else 0 end)::integer as key_4,
               sum(r.weight * case when r.result = 'answered' and right(r.dtmf, 1) = '5' then 1 else 0 end)::integer as key_5,
               sum(r.weight * case when r.result = 'answered' and right(r.dtmf, 1) = '6' then 1 else 0 end)::integer as key_6,
               sum(r.weight * case when r.result = 'answered' and right(r.dtmf, 1) = '7' then 1 else 0 end)::integer as key_7,
               sum(r.weight * case when r.result = 'answered' and right(r.dtmf, 1) = '8' then 1 else 0 end)::integer as key_8,
               sum(r.weight * case when r.result = 'answered' and right(r.dtmf, 1) = '9' then 1 else 0 end)::integer as key_9,
               sum(r.weight * case when r.result = 'answered' and right(r.dtmf, 1) = '*' then 1 else 0 end)::integer as key_star,
               sum(r.weight * case when r.result = 'answered' and right(r.dtmf, 1) = '#' then 1 else 0 end)::integer as key_hash
        from (
            select tenant_id,
                   1 as weight,
                   callboard_quarter(started_at) as quarter,
                   campaign_id,
                   lead_id,
                   started_at,
                   result,
                   hangup_cause,
                   billsec,
                   dtmf,
                   script_path,
                   transfer,
                   agent_disposition,
                   attempt_number,
                   provider,
                   outcome,
                   sentiment
            from autocall_attempts
            where tenant_id = $1
            and campaign_id = any ($2)
            and nullif(callboard_quarter(started_at) >= (select callboard_quarter(callboard_complete_from($1))), false) is not null
        ) r
        group by 1, 2, 3
    ) sums
    where dialed <> 0
        or answered <> 0
        or no_answer <> 0
        or busy <> 0
        or failed <> 0
        or abandoned <> 0
        or talk_sec <> 0
        or handed_over <> 0
        or connected <> 0
        or no_input <> 0
        or key_0 <> 0
        or key_1 <> 0
        or key_2 <> 0
        or key_3 <> 0
        or key_4 <> 0
        or key_5 <> 0
        or key_6 <> 0
        or key_7 <> 0
        or key_8 <> 0
        or key_9 <> 0
        or key_star <> 0
        or key_hash <> 0
), bare as (
    select campaign_id,
           null::bigint as agent_id,
           bucket,
           sum(dialed)::integer as dialed,
           sum(answered)::integer as answered,
           sum(no_answer)::integer as no_answer,
           sum(busy)::integer as busy,
           sum(failed)::integer as failed,
           sum(abandoned)::integer as abandoned,
           sum(talk_sec)::bigint as talk_sec,
           sum(handed_over)::integer as handed_over,
           sum(connected)::integer as connected,
           sum(no_input)::integer as no_input,
           sum(key_0)::integer as key_0,
           sum(key_1)::integer as key_1,
           sum(key_2)::integer as key_2,
           sum(key_3)::integer as key_3,
           sum(key_4)::integer as key_4,
           sum(key_5)::integer as key_5,
           sum(key_6)::integer as key_6,
           sum(key_7)::integer as key_7,
           sum(key_8)::integer as key_8,
           sum(key_9)::integer as key_9,
           sum(key_star)::integer as key_star,
           sum(key_hash)::integer as key_hash
    from fine
    group by 1, 3
)
insert into autocall_totals as stored (
    tenant_id,
    campaign_id,
    agent_id,
    scope,
    width,
    bucket,
    dialed,
    answered,
    no_answer,
    busy,
    failed,
    abandoned,
    talk_sec,
    handed_over,
    connected,
    no_input,
    key_0,
    key_1,
    key_2,
    key_3,
    key_4,
    key_5,
    key_6,
    key_7,
    key_8,
    key_9,
    key_star,
    key_hash
)
select $1,
       case when scope in (0 /* campaign */, 2 /* agent_of_campaign */) then campaign_id else 0 end,
       coalesce(agent_id, 0),
       scope,
       width,
       callboard_bucket(bucket, width / 1),
       sum(dialed),
       sum(answered),
       sum(no_answer),
       sum(busy),
       sum(failed),
       sum(abandoned),
       sum(talk_sec),
       sum(handed_over),
       sum(connected),
       sum(no_input),
       sum(key_0),
       sum(key_1),
       sum(key_2),
       sum(key_3),
       sum(key_4),
       sum(key_5),
       sum(key_6),
       sum(key_7),
       sum(key_8),
       sum(key_9),
       sum(key_star),
       sum(key_hash)
from bare
cross join (values
    (0 /* campaign */, 1),
    (0 /* campaign */, 4),
    (0 /* campaign */, 96)
) as level (scope, width)
group by 2, 3, 4, 5, 6
having sum(dialed) <> 0
    or sum(answered) <> 0
    or sum(no_answer) <> 0
    or sum(busy) <> 0
    or sum(failed) <> 0
    or sum(abandoned) <> 0
    or sum(talk_sec) <> 0
    or sum(handed_over) <> 0
    or sum(connected) <> 0
    or sum(no_input) <> 0
    or sum(key_0) <> 0
    or sum(key_1) <> 0
    or sum(key_2) <> 0
    or sum(key_3) <> 0
    or sum(key_4) <> 0
    or sum(key_5) <> 0
    or sum(key_6) <> 0
    or sum(key_7) <> 0
    or sum(key_8) <> 0
    or sum(key_9) <> 0
    or sum(key_star) <> 0
    or sum(key_hash) <> 0
order by 2, 3, 4, 5, 6
;

-- Adds rows to autocall_hangups. They are summed by the finest bucket first, which leaves few sums for every level and scope.
-- Agents multiply rows, so sums over all agents are made from sums by agent. They come as the key lies, which spares the index.
with fine as materialized ( -- without sums of entries that cancel each other out
    select *
    from (
        select r.campaign_id,
               null::bigint as agent_id,
               r.quarter as bucket,
               callboard_short(r.hangup_cause) collate "C" as hangup_cause,
               sum(r.weight * 1)::integer as attempts
        from (
            select tenant_id,
                   1 as weight,
                   callboard_quarter(started_at) as quarter,
                   campaign_id,
                   lead_id,
                   started_at,
                   result,
                   hangup_cause,
                   billsec,
                   dtmf,
                   script_path,
                   transfer,
                   agent_disposition,
                   attempt_number,
                   provider,
                   outcome,
                   sentiment
            from autocall_attempts
            where tenant_id = $1
            and campaign_id = any ($2)
            and nullif(callboard_quarter(started_at) >= (select callboard_quarter(callboard_complete_from($1))), false) is not null
        ) r
        where r.hangup_cause is not null
        group by 1, 2, 3, 4
    ) sums
    where attempts <> 0
), bare as (
    select campaign_id,
           null::bigint as agent_id,
           bucket,
           hangup_cause,
           sum(attempts)::integer as attempts
    from fine
    group by 1, 3, 4
)
insert into autocall_hangups as stored (
    tenant_id,
    campaign_id,
    agent_id,
    scope,
    width,
    bucket,
    hangup_cause,
    attempts
)
select $1,
       case when scope in (0 /* campaign */, 2 /* agent_of_campaign */) then campaign_id else 0 end,
       coalesce(agent_id, 0),
       scope,
       width,
       callboard_bucket(bucket, width / 1),
       hangup_cause,
       sum(attempts)
from bare
cross join (values
    (0 /* campaign */, 1),
    (0 /* campaign */, 4),
    (0 /* campaign */, 96)
) as level (scope, width)
group by 2, 3, 4, 5, 6, 7
having sum(attempts) <> 0
order by 2, 3, 4, 5, 6, 7
;

-- Adds rows to autocall_paths. They are summed by the finest bucket first, which leaves few sums for every level and scope.
-- Agents multiply rows, so sums over all agents are made from sums by agent. They come as the key lies, which spares the index.
with fine as materialized ( -- without sums of entries that cancel each other out
    select *
    from (
        select r.campaign_id,
               null::bigint as agent_id,
               r.quarter as bucket,
               callboard_path(r.script_path) collate "C" as path,
               sum(r.weight * 1)::integer as attempts
        from (
            select tenant_id,
                   1 as weight,
                   callboard_quarter(started_at) as quarter,
                   campaign_id,
                   lead_id,
                   started_at,
                   result,
                   hangup_cause,
                   billsec,
                   dtmf,
                   script_path,
                   transfer,
                   agent_disposition,
                   attempt_number,
                   provider,
                   outcome,
                   sentiment
            from autocall_attempts
            where tenant_id = $1
            and campaign_id = any ($2)
            and nullif(callboard_quarter(started_at) >= (select callboard_quarter(callboard_complete_from($1))), false) is not null
        ) r
        where r.result = 'answered' and cardinality(r.script_path) > 0
        group by 1, 2, 3, 4
    ) sums
    where attempts <> 0
), bare as (
    select campaign_id,
           null::bigint as agent_id,
           bucket,
           path,
           sum(attempts)::integer as attempts
    from fine
    group by 1, 3, 4
)
insert into autocall_paths as stored (
    tenant_id,
    campaign_id,
    agent_id,
    scope,
    width,
    bucket,
    path,
    attempts
)
select $1,
       case when scope in (0 /* campaign */, 2 /* agent_of_campaign */) then campaign_id else 0 end,
       coalesce(agent_id, 0),
       scope,
       width,
       callboard_bucket(bucket, width / 1),
       path,
       sum(attempts)
from bare
cross join (values
    (0 /* campaign */, 1),
    (0 /* campaign */, 4),
    (0 /* campaign */, 96)
) as level (scope, width)
group by 2, 3, 4, 5, 6, 7
having sum(attempts) <> 0
order by 2, 3, 4, 5, 6, 7
;

-- Adds rows to autocall_outcomes. They are summed by the finest bucket first, which leaves few sums for every level and scope.
-- Agents multiply rows, so sums over all agents are made from sums by agent. They come as the key lies, which spares the index.
with fine as materialized ( -- without sums of entries that cancel each other out
    select *
    from (
        select r.campaign_id,
               null::bigint as agent_id,
               callboard_bucket(r.quarter, 4) as bucket,
               callboard_short(coalesce(r.outcome, r.result)) collate "C" as outcome,
               sum(r.weight * 1)::integer as calls
        from (
            select tenant_id,
                   1 as weight,
                   callboard_quarter(started_at) as quarter,
                   campaign_id,
                   lead_id,
                   started_at,
                   result,
                   hangup_cause,
                   billsec,
                   dtmf,
                   script_path,
                   transfer,
                   agent_disposition,
                   attempt_number,
                   provider,
                   outcome,
                   sentiment
            from autocall_attempts
            where tenant_id = $1
            and campaign_id = any ($2)
            and nullif(callboard_quarter(started_at) >= (select callboard_quarter(callboard_complete_from($1))), false) is not null
        ) r
        where coalesce(r.outcome, r.result) is not null
        group by 1, 2, 3, 4
    ) sums
    where calls <> 0
), bare as (
    select campaign_id,
           null::bigint as agent_id,
           bucket,
           outcome,
           sum(calls)::integer as calls
    from fine
    group by 1, 3, 4
)
insert into autocall_outcomes as stored (
    tenant_id,
    campaign_id,
    agent_id,
    scope,
    width,
    bucket,
    outcome,
    calls
)
select $1,
       case when scope in (0 /* campaign */, 2 /* agent_of_campaign */) then campaign_id else 0 end,
       coalesce(agent_id, 0),
       scope,
       width,
       callboard_bucket(bucket, width / 4),
       outcome,
       sum(calls)
from bare
cross join (values
    (0 /* campaign */, 4),
    (0 /* campaign */, 96)
) as level (scope, width)
group by 2, 3, 4, 5, 6, 7
having sum(calls) <> 0
order by 2, 3, 4, 5, 6, 7
;

-- Adds rows to autocall_providers. They are summed by the finest bucket first, which leaves few sums for every level and scope.
-- Agents multiply rows, so sums over all agents are made from sums by agent. They come as the key lies, which spares the index.
with fine as materialized ( -- without sums of entries that cancel each other out
    select *
    from (
        select r.campaign_id,
               null::bigint as agent_id,
               callboard_bucket(r.quarter, 4) as bucket,
               callboard_short(coalesce(r.provider, '(unknown)')) collate "C" as provider,
               sum(r.weight * 1)::integer as calls
        from (
            select tenant_id,
                   1 as weight,
                   callboard_quarter(started_at) as quarter,
                   campaign_id,
                   lead_id,
                   started_at,
                   result,
                   hangup_cause,
                   billsec,
                   dtmf,
                   script_path,
                   transfer,
                   agent_disposition,
                   attempt_number,
                   provider,
                   outcome,
                   sentiment
            from autocall_attempts
            where tenant_id = $1
            and campaign_id = any ($2)
            and nullif(callboard_quarter(started_at) >= (select callboard_quarter(callboard_complete_from($1))), false) is not null
        ) r
        group by 1, 2, 3, 4
    ) sums
    where calls <> 0
), bare as (
    select campaign_id,
           null::bigint as agent_id,
           bucket,
           provider,
           sum(calls)::integer as calls
    from fine
    group by 1, 3, 4
)
insert into autocall_providers as stored (
    tenant_id,
    campaign_id,
    agent_id,
    scope,
    width,
    bucket,
    provider,
    calls
)
select $1,
       case when scope in (0 /* campaign */, 2 /* agent_of_campaign */) then campaign_id else 0 end,
       coalesce(agent_id, 0),
       scope,
       width,
       callboard_bucket(bucket, width / 4),
       provider,
       sum(calls)
from bare
cross join (values
    (0 /* campaign */, 4),
    (0 /* campaign */, 96)
) as level (scope, width)
group by 2, 3, 4, 5, 6, 7
having sum(calls) <> 0
order by 2, 3, 4, 5, 6, 7
;

-- Adds rows to autocall_tries. They are summed by the finest bucket first, which leaves few sums for every level and scope.
-- Agents multiply rows, so sums over all agents are made from sums by agent. They come as the key lies, which spares the index.
with fine as materialized ( -- without sums of entries that cancel each other out
    select *
    from (
        select r.campaign_id,
               null::bigint as agent_id,
               callboard_bucket(r.quarter, 4) as bucket,
               r.attempt_number::text collate "C" as attempt_number,
               sum(r.weight * 1)::integer as calls,
               sum(r.weight * case when r.result = 'answered' then 1 else 0 end)::integer as answered
        from (
            select tenant_id,
                   1 as weight,
                   callboard_quarter(started_at) as quarter,
                   campaign_id,
                   lead_id,
                   started_at,
                   result,
                   hangup_cause,
                   billsec,
                   dtmf,
                   script_path,
                   transfer,
                   agent_disposition,
                   attempt_number,
                   provider,
                   outcome,
                   sentiment
            from autocall_attempts
            where tenant_id = $1
            and campaign_id = any ($2)
            and nullif(callboard_quarter(started_at) >= (select callboard_quarter(callboard_complete_from($1))), false) is not null
        ) r
        group by 1, 2, 3, 4
    ) sums
    where calls <> 0
        or answered <> 0
), bare as (
    select campaign_id,
           null::bigint as agent_id,
           bucket,
           attempt_number,
           sum(calls)::integer as calls,
           sum(answered)::integer as answered
    from fine
    group by 1, 3, 4
)
insert into autocall_tries as stored (
    tenant_id,
    campaign_id,
    agent_id,
    scope,
    width,
    bucket,
    attempt_number,
    calls,
    answered
)
select $1,
       case when scope in (0 /* campaign */, 2 /* agent_of_campaign */) then campaign_id else 0 end,
       coalesce(agent_id, 0),
       scope,
       width,
       callboard_bucket(bucket, width / 4),
       attempt_number,
       sum(calls),
       sum(answered)
from bare
cross join (values
    (0 /* campaign */, 4),
    (0 /* campaign */, 96)
) as level (scope, width)
group by 2, 3, 4, 5, 6, 7
having sum(calls) <> 0
    or sum(answered) <> 0
order by 2, 3, 4, 5, 6, 7
;

-- Adds rows to autocall_sentiments. They are summed by the finest bucket first, which leaves few sums for every level and scope.
-- Agents multiply rows, so sums over all agents are made from sums by agent. They come as the key lies, which spares the index.
with fine as materialized ( -- without sums of entries that cancel each other out
    select *
    from (
        select r.campaign_id,
               null::bigint as agent_id,
               callboard_bucket(r.quarter, 4) as bucket,
               callboard_fifth(r.sentiment)::text collate "C" as fifth,
               sum(r.weight * 1)::integer as calls
        from (
            select tenant_id,
                   1 as weight,
                   callboard_quarter(started_at) as quarter,
                   campaign_id,
                   lead_id,
                   started_at,
                   result,
                   hangup_cause,
                   billsec,
                   dtmf,
                   script_path,
                   transfer,
                   agent_disposition,
                   attempt_number,
                   provider,
                   outcome,
                   sentiment
            from autocall_attempts
            where tenant_id = $1
            and campaign_id = any ($2)
            and nullif(callboard_quarter(started_at) >= (select callboard_quarter(callboard_complete_from($1))), false) is not null
        ) r
        where r.sentiment is not null
        group by 1, 2, 3, 4
    ) sums
    where calls <> 0
), bare as (
    select campaign_id,
           null::bigint as agent_id,
           bucket,
           fifth,
           sum(calls)::integer as calls
    from fine
    group by 1, 3, 4
)
insert into autocall_sentiments as stored (
    tenant_id,
    campaign_id,
    agent_id,
    scope,
    width,
    bucket,
    fifth,
    calls
)
select $1,
       case when scope in (0 /* campaign */, 2 /* agent_of_campaign */) then campaign_id else 0 end,
       coalesce(agent_id, 0),
       scope,
       width,
       callboard_bucket(bucket, width / 4),
       fifth,
       sum(calls)
from bare
cross join (values
    (0 /* campaign */, 4),
    (0 /* campaign */, 96)
) as level (scope, width)
group by 2, 3, 4, 5, 6, 7
having sum(calls) <> 0
order by 2, 3, 4, 5, 6, 7
;

-- In a rebuild: adds what is kept from before the account's complete-from to the hours and days that this divides.
insert into autocall_totals as stored (
    tenant_id,
    scope,
    campaign_id,
    agent_id,
    width,
    bucket,
    dialed,
    answered,
    no_answer,
    busy,
    failed,
    abandoned,
    talk_sec,
    handed_over,
    connected,
    no_input,
    key_0,
    key_1,
    key_2,
    key_3,
    key_4,
    key_5,
    key_6,
    key_7,
    key_8,
    key_9,
    key_star,
    key_hash
)
select tenant_id,
       scope,
       campaign_id,
       agent_id,
       level.width,
       callboard_bucket(bucket, level.width),
       sum(dialed),
       sum(answered),
       sum(no_answer),
       sum(busy),
       sum(failed),
       sum(abandoned),
       sum(talk_sec),
       sum(handed_over),
       sum(connected),
       sum(no_input),
       sum(key_0),
       sum(key_1),
       sum(key_2),
       sum(key_3),
       sum(key_4),
       sum(key_5),
       sum(key_6),
       sum(key_7),
       sum(key_8),
       sum(key_9),
       sum(key_star),
       sum(key_hash)
from (
    select *
    from autocall_totals
    where tenant_id = $1
      and scope in (0 /* campaign */, 2 /* agent_of_campaign */)
      and campaign_id = any ($2)
      and width = 1
) quarters
join (values
    (0 /* campaign */, 4),
    (0 /* campaign */, 96)
) as level (of_scope, width) on level.of_scope = quarters.scope
cross join (select callboard_quarter(callboard_complete_from($1)) as quarter offset 0) cut
where bucket < cut.quarter
  and bucket >= callboard_bucket(cut.quarter, level.width) * level.width
group by 1, 2, 3, 4, 5, 6
having sum(dialed) <> 0
    or sum(answered) <> 0
    or sum(no_answer) <> 0
    or sum(busy) <> 0
    or sum(failed) <> 0
    or sum(abandoned) <> 0
    or sum(talk_sec) <> 0
    or sum(handed_over) <> 0
    or sum(connected) <> 0
    or sum(no_input) <> 0
    or sum(key_0) <> 0
    or sum(key_1) <> 0
    or sum(key_2) <> 0
    or sum(key_3) <> 0
    or sum(key_4) <> 0
    or sum(key_5) <> 0
    or sum(key_6) <> 0
    or sum(key_7) <> 0
    or sum(key_8) <> 0
    or sum(key_9) <> 0
    or sum(key_star) <> 0
    or sum(key_hash) <> 0
on conflict (tenant_id, campaign_id, agent_id, scope, width, bucket) do update set
    dialed = stored.dialed + excluded.dialed,
    answered = stored.answered + excluded.answered,
    no_answer = stored.no_answer + excluded.no_answer,
    busy = stored.busy + excluded.busy,
    failed = stored.failed + excluded.failed,
    abandoned = stored.abandoned + excluded.abandoned,
    talk_sec = stored.talk_sec + excluded.talk_sec,
    handed_over = stored.handed_over + excluded.handed_over,
    connected = stored.connected + excluded.connected,
    no_input = stored.no_input + excluded.no_input,
    key_0 = stored.key_0 + excluded.key_0,
    key_1 = stored.key_1 + excluded.key_1,
    key_2 = stored.key_2 + excluded.key_2,
    key_3 = stored.key_3 + excluded.key_3,
    key_4 = stored.key_4 + excluded.key_4,
    key_5 = stored.key_5 + excluded.key_5,
    key_6 = stored.key_6 + excluded.key_6,
    key_7 = stored.key_7 + excluded.key_7,
    key_8 = stored.key_8 + excluded.key_8,
    key_9 = stored.key_9 + excluded.key_9,
    key_star = stored.key_star + excluded.key_star,
    key_hash = stored.key_hash + excluded.key_hash;

-- In a rebuild: adds what is kept from before the account's complete-from to the hours and days that this divides.
insert into autocall_hangups as stored (
    tenant_id,
    scope,
    campaign_id,
    agent_id,
    width,
    bucket,
    hangup_cause,
    attempts
)
select tenant_id,
       scope,
       campaign_id,
       agent_id,
       level.width,
       callboard_bucket(bucket, level.width),
       hangup_cause,
       sum(attempts)
from (
    select *
    from autocall_hangups
    where tenant_id = $1
      and scope in (0 /* campaign */, 2 /* agent_of_campaign */)
      and campaign_id = any ($2)
      and width = 1
) quarters
join (values
    (0 /* campaign */, 4),
    (0 /* campaign */, 96)
) as level (of_scope, width) on level.of_scope = quarters.scope
cross join (select callboard_quarter(callboard_complete_from($1)) as quarter offset 0) cut
where bucket < cut.quarter
  and bucket >= callboard_bucket(cut.quarter, level.width) * level.width
group by 1, 2, 3, 4, 5, 6, 7
having sum(attempts) <> 0
on conflict (tenant_id, campaign_id, agent_id, scope, width, bucket, callboard_key(hangup_cause)) do update set
    attempts = stored.attempts + excluded.attempts;

-- In a rebuild: adds what is kept from before the account's complete-from to the hours and days that this divides.
insert into autocall_paths as stored (
    tenant_id,
    scope,
    campaign_id,
    agent_id,
    width,
    bucket,
    path,
    attempts
)
select tenant_id,
       scope,
       campaign_id,
       agent_id,
       level.width,
       callboard_bucket(bucket, level.width),
       path,
       sum(attempts)
from (
    select *
    from autocall_paths
    where tenant_id = $1
      and scope in (0 /* campaign */, 2 /* agent_of_campaign */)
      and campaign_id = any ($2)
      and width = 1
) quarters
join (values
    (0 /* campaign */, 4),
    (0 /* campaign */, 96)
) as level (of_scope, width) on level.of_scope = quarters.scope
cross join (select callboard_quarter(callboard_complete_from($1)) as quarter offset 0) cut
where bucket < cut.quarter
  and bucket >= callboard_bucket(cut.quarter, level.width) * level.width
group by 1, 2, 3, 4, 5, 6, 7
having sum(attempts) <> 0
on conflict (tenant_id, campaign_id, agent_id, scope, width, bucket, callboard_key(path)) do update set
    attempts = stored.attempts + excluded.attempts;

-- In a rebuild: adds what is kept from before the account's complete-from to the hours and days that this divides.
insert into autocall_outcomes as stored (
    tenant_id,
    scope,
    campaign_id,
    agent_id,
    width,
    bucket,
    outcome,
    calls
)
select tenant_id,
       scope,
       campaign_id,
       agent_id,
       level.width,
       callboard_bucket(bucket, level.width),
       outcome,
       sum(calls)
from (
    select *
    from autocall_outcomes
    where tenant_id = $1
      and scope in (0 /* campaign */, 2 /* agent_of_campaign */)
      and campaign_id = any ($2)
      and width = 1
) quarters
join (values
    (0 /* campaign */, 4),
    (0 /* campaign */, 96)
) as level (of_scope, width) on level.of_scope = quarters.scope
cross join (select callboard_quarter(callboard_complete_from($1)) as quarter offset 0) cut
where bucket < cut.quarter
  and bucket >= callboard_bucket(cut.quarter, level.width) * level.width
group by 1, 2, 3, 4, 5, 6, 7
having sum(calls) <> 0
on conflict (tenant_id, campaign_id, agent_id, scope, width, bucket, callboard_key(outcome)) do update set
    calls = stored.calls + excluded.calls;

-- In a rebuild: adds what is kept from before the account's complete-from to the hours and days that this divides.
insert into autocall_providers as stored (
    tenant_id,
    scope,
    campaign_id,
    agent_id,
    width,
    bucket,
    provider,
    calls
)
select tenant_id,
       scope,
       campaign_id,
       agent_id,
       level.width,
       callboard_bucket(bucket, level.width),
       provider,
       sum(calls)
from (
    select *
    from autocall_providers
    where tenant_id = $1
      and scope in (0 /* campaign */, 2 /* agent_of_campaign */)
      and campaign_id = any ($2)
      and width = 1
) quarters
join (values
    (0 /* campaign */, 4),
    (0 /* campaign */, 96)
) as level (of_scope, width) on level.of_scope = quarters.scope
cross join (select callboard_quarter(callboard_complete_from($1)) as quarter offset 0) cut
where bucket < cut.quarter
  and bucket >= callboard_bucket(cut.quarter, level.width) * level.width
group by 1, 2, 3, 4, 5, 6, 7
having sum(calls) <> 0
on conflict (tenant_id, campaign_id, agent_id, scope, width, bucket, callboard_key(provider)) do update set
    calls = stored.calls + excluded.calls;

-- In a rebuild: adds what is kept from before the account's complete-from to the hours and days that this divides.
insert into autocall_tries as stored (
    tenant_id,
    scope,
    campaign_id,
    agent_id,
    width,
    bucket,
    attempt_number,
    calls,
    answered
)
select tenant_id,
       scope,
       campaign_id,
       agent_id,
       level.width,
       callboard_bucket(bucket, level.width),
       attempt_number,
       sum(calls),
       sum(answered)
from (
    select *
    from autocall_tries
    where tenant_id = $1
      and scope in (0 /* campaign */, 2 /* agent_of_campaign */)
      and campaign_id = any ($2)
      and width = 1
) quarters
join (values
    (0 /* campaign */, 4),
    (0 /* campaign */, 96)
) as level (of_scope, width) on level.of_scope = quarters.scope
cross join (select callboard_quarter(callboard_complete_from($1)) as quarter offset 0) cut
where bucket < cut.quarter
  and bucket >= callboard_bucket(cut.quarter, level.width) * level.width
group by 1, 2, 3, 4, 5, 6, 7
having sum(calls) <> 0
    or sum(answered) <> 0
on conflict (tenant_id, campaign_id, agent_id, scope, width, bucket, callboard_key(attempt_number)) do update set
    calls = stored.calls + excluded.calls,
    answered = stored.answered + excluded.answered;

-- In a rebuild: adds what is kept from before the account's complete-from to the hours and days that this divides.
insert into autocall_sentiments as stored (
    tenant_id,
    scope,
    campaign_id,
    agent_id,
    width,
    bucket,
    fifth,
    calls
)
select tenant_id,
       scope,
       campaign_id,
       agent_id,
       level.width,
       callboard_bucket(bucket, level.width),
       fifth,
       sum(calls)
from (
    select *
    from autocall_sentiments
    where tenant_id = $1
      and scope in (0 /* campaign */, 2 /* agent_of_campaign */)
      and campaign_id = any ($2)
      and width = 1
) quarters
join (values
    (0 /* campaign */, 4),
    (0 /* campaign */, 96)
) as level (of_scope, width) on level.of_scope = quarters.scope
cross join (select callboard_quarter(callboard_complete_from($1)) as quarter offset 0) cut
where bucket < cut.quarter
  and bucket >= callboard_bucket(cut.quarter, level.width) * level.width
group by 1, 2, 3, 4, 5, 6, 7
having sum(calls) <> 0
on conflict (tenant_id, campaign_id, agent_id, scope, width, bucket, callboard_key(fifth)) do update set
    calls = stored.calls + excluded.calls;

-- Adds rows to autocall_lead_totals. They are summed by the finest bucket first, which leaves few sums for every level and scope.
-- Agents multiply rows, so sums over all agents are made from sums by agent. They come as the key lies, which spares the index.
with fine as materialized ( -- without sums of entries that cancel each other out
    select *
    from (
        select r.campaign_id,
               null::bigint as agent_id,
               r.quarter as bucket,
               sum(r.weight * 1)::integer as leads,
               sum(r.weight * case when r.status in ('pending', 'in_progress', 'retry') then 1 else 0 end)::integer as unfinished
        from (
            select tenant_id,
                   1 as weight,
                   callboard_quarter(created_at) as quarter,
                   campaign_id,
                   id,
                   created_at,
                   status
            from autocall_leads
            where tenant_id = $1
            and campaign_id = any ($2)
            and nullif(callboard_quarter(created_at) >= (select callboard_quarter(callboard_complete_from($1))), false) is not null
        ) r
        group by 1, 2, 3
    ) sums
    where leads <> 0
        or unfinished <> 0
), bare as (
    select campaign_id,
           null::bigint as agent_id,
           bucket,
           sum(leads)::integer as leads,
           sum(unfinished)::integer as unfinished
    from fine
    group by 1, 3
)
insert into autocall_lead_totals as stored (
    tenant_id,
    campaign_id,
    agent_id,
    scope,
    width,
    bucket,
    leads,
    unfinished
)
select $1,
       case when scope in (0 /* campaign */, 2 /* agent_of_campaign */) then campaign_id else 0 end,
       coalesce(agent_id, 0),
       scope,
       width,
       callboard_bucket(bucket, width / 1),
       sum(leads),
       sum(unfinished)
from bare
cross join (values
    (0 /* campaign */, 1),
    (0 /* campaign */, 4),
    (0 /* campaign */, 96)
) as level (scope, width)
group by 2, 3, 4, 5, 6
having sum(leads) <> 0
    or sum(unfinished) <> 0
order by 2, 3, 4, 5, 6
;

-- In a rebuild: adds what is kept from before the account's complete-from to the hours and days that this divides.
insert into autocall_lead_totals as stored (
    tenant_id,
    scope,
    campaign_id,
    agent_id,
    width,
    bucket,
    leads,
    unfinished
)
select tenant_id,
       scope,
       campaign_id,
       agent_id,
       level.width,
       callboard_bucket(bucket, level.width),
       sum(leads),
       sum(unfinished)
from (
    select *
    from autocall_lead_totals
    where tenant_id = $1
      and scope in (0 /* campaign */, 2 /* agent_of_campaign */)
      and campaign_id = any ($2)
      and width = 1
) quarters
join (values
    (0 /* campaign */, 4),
    (0 /* campaign */, 96)
) as level (of_scope, width) on level.of_scope = quarters.scope
cross join (select callboard_quarter(callboard_complete_from($1)) as quarter offset 0) cut
where bucket < cut.quarter
  and bucket >= callboard_bucket(cut.quarter, level.width) * level.width
group by 1, 2, 3, 4, 5, 6
having sum(leads) <> 0
    or sum(unfinished) <> 0
on conflict (tenant_id, campaign_id, agent_id, scope, width, bucket) do update set
    leads = stored.leads + excluded.leads,
    unfinished = stored.unfinished + excluded.unfinished;

-- Brings autocall_trail up to date with the links.
insert into autocall_trail as stored (tenant_id, campaign_id, lead_id, hour, stages, n)
select $1,
       campaign_id,
       lead_id,
       hour,
       stages,
       sum(weight)
from (
    select r.campaign_id,
           r.lead_id,
           callboard_bucket(r.quarter, 4) as hour,
           (
               1
               + case when r.result = 'answered' then 2 else 0 end
               + case when r.result = 'answered' and r.dtmf <> '' and coalesce((
               (
                   select jsonb_object_agg(c.id, k.keys)
                   from (
                       select s.id,
                              array(
                                  select action ->> 'digit'
                                  from jsonb_array_elements(s.dtmf_actions) action
                                  where length(action ->> 'digit') = 1
                              ) as keys
                       from autocall_scripts s
                       where s.tenant_id = $1
                         and jsonb_typeof(s.dtmf_actions) = 'array'
                         and s.dtmf_actions <> '[]'
                       offset 0
                   ) k
                   cross join lateral (
                       select c.id
                       from autocall_campaigns c
                       where c.tenant_id = $1
                         and c.script_id = k.id
                       offset 0
                   ) c
               ) -> r.campaign_id::text
           ) ? right(r.dtmf, 1), true) then 4 else 0 end
               + case when callboard_handed_over(r.transfer) then 8 else 0 end
               + case when r.agent_disposition is not null then 16 else 0 end
           )::smallint as stages,
           r.weight
    from (
        select tenant_id,
               1 as weight,
               callboard_quarter(started_at) as quarter,
               campaign_id,
               lead_id,
               started_at,
               result,
               hangup_cause,
               billsec,
               dtmf,
               script_path,
               transfer,
               agent_disposition,
               attempt_number,
               provider,
               outcome,
               sentiment
        from autocall_attempts
        where tenant_id = $1
        and campaign_id = any ($2)
        and nullif(callboard_quarter(started_at) >= (select callboard_quarter(callboard_complete_from($1))), false) is not null
    ) r
) r
where stages <> 0
group by campaign_id, lead_id, hour, stages
having sum(weight) <> 0
order by campaign_id, lead_id, hour, stages
;

-- Adds changes to autocall_links, while the trail still records what they were made of.
with versions as (
    select 1 as version,
           s.scope,
           case when s.scope = 0 /* campaign */ then t.campaign_id else 0 end as campaign_id,
           t.lead_id,
           t.hour,
           bit_or(t.stages) as stages
    from autocall_trail t
    cross join (values (0 /* campaign */)) s (scope)
    where t.tenant_id = $1
    and t.campaign_id = any ($2)
    group by 2, 3, 4, 5
),
chains as ( -- each hour of a lead with the last hour before it in each stage
    select version,
           scope,
           campaign_id,
           hour,
           stages,
           max(hour) filter (where stages & 1 <> 0) over earlier as dialed,
           max(hour) filter (where stages & 2 <> 0) over earlier as answered,
           max(hour) filter (where stages & 4 <> 0) over earlier as pressed,
           max(hour) filter (where stages & 8 <> 0) over earlier as handed_over,
           max(hour) filter (where stages & 16 <> 0) over earlier as disposed
    from versions
    window earlier as (
        partition by version, scope, campaign_id, lead_id
        order by hour
        rows between unbounded preceding and 1 preceding
    )
), linked as ( -- from each hour to itself, then from the last hour before to it
    select scope,
           campaign_id,
           hour as earlier,
           hour as later,
           sum(case when stages & 1 <> 0 then version else 0 end)::integer as dialed,
           sum(case when stages & 2 <> 0 then version else 0 end)::integer as answered,
           sum(case when stages & 4 <> 0 then version else 0 end)::integer as pressed,
           sum(case when stages & 8 <> 0 then version else 0 end)::integer as handed_over,
           sum(case when stages & 16 <> 0 then version else 0 end)::integer as disposed
    from chains
    group by 1, 2, 3
    union all
    select scope,
           campaign_id,
           b.earlier,
           hour,
           -sum(case when b.stage = 1 then version else 0 end)::integer,
           -sum(case when b.stage = 2 then version else 0 end)::integer,
           -sum(case when b.stage = 4 then version else 0 end)::integer,
           -sum(case when b.stage = 8 then version else 0 end)::integer,
           -sum(case when b.stage = 16 then version else 0 end)::integer
    from chains
    cross join lateral (values
        (1, dialed),
        (2, answered),
        (4, pressed),
        (8, handed_over),
        (16, disposed)
    ) b (stage, earlier)
    where b.earlier is not null
      and stages & b.stage <> 0
    group by 1, 2, 3, 4
)
insert into autocall_links as stored (
    tenant_id,
    campaign_id,
    scope,
    width,
    later_width,
    bucket,
    later_bucket,
    dialed,
    answered,
    pressed,
    handed_over,
    disposed
)
select $1,
       campaign_id,
       scope,
       w.width,
       v.width,
       callboard_bucket(earlier, w.width / 4),
       callboard_bucket(later, v.width / 4),
       sum(dialed),
       sum(answered),
       sum(pressed),
       sum(handed_over),
       sum(disposed)
from linked
cross join (values (4), (96)) w (width)
cross join (values (4), (96)) v (width)
group by 2, 3, 4, 5, 6, 7
having sum(dialed) <> 0
    or sum(answered) <> 0
    or sum(pressed) <> 0
    or sum(handed_over) <> 0
    or sum(disposed) <> 0
order by 2, 3, 4, 5, 6, 7
;

-- Adds rows to autocall_lead_states. They are summed by the finest bucket first, which leaves few sums for every level and scope.
-- Agents multiply rows, so sums over all agents are made from sums by agent. They come as the key lies, which spares the index.
with fine as materialized ( -- without sums of entries that cancel each other out
    select *
    from (
        select r.campaign_id,
               null::bigint as agent_id,
               r.quarter as bucket,
               sum(r.weight * 1)::integer as leads,
               sum(r.weight * case when r.attempts > 0 then 1 else 0 end)::integer as tried,
               sum(r.weight * case when r.attempts > 1 then 1 else 0 end)::integer as retried,
               sum(r.weight * case when r.in_progress then 1 else 0 end)::integer as processing,
               sum(r.weight * case when r.attempts > 0 and not r.in_progress and r.status in ('pending', 'in_progress', 'retry') then 1 else 0 end)::integer as retry,
               sum(r.weight * case when r.attempts > 0 and not r.in_progress and not r.status in ('pending', 'in_progress', 'retry') then 1 else 0 end)::integer as finished
        from (
            select 1 as weight,
                   callboard_quarter(l.created_at) as quarter,
                   l.campaign_id,
                   l.status,
                   coalesce(t.attempts, 0) as attempts,
                   coalesce(t.waiting, 0) > 0 as in_progress
            from autocall_leads l
            left join autocall_lead_trail t on t.tenant_id = l.tenant_id and t.lead_id = l.id
            where l.tenant_id = $1
            and l.campaign_id = any ($2)
        ) r
        group by 1, 2, 3
    ) sums
    where leads <> 0
        or tried <> 0
        or retried <> 0
        or processing <> 0
        or retry <> 0
        or finished <> 0
), bare as (
    select campaign_id,
           null::bigint as agent_id,
           bucket,
           sum(leads)::integer as leads,
           sum(tried)::integer as tried,
           sum(retried)::integer as retried,
           sum(processing)::integer as processing,
           sum(retry)::integer as retry,
           sum(finished)::integer as finished
    from fine
    group by 1, 3
)
insert into autocall_lead_states as stored (
    tenant_id,
    campaign_id,
    agent_id,
    scope,
    width,
    bucket,
    leads,
    tried,
    retried,
    processing,
    retry,
    finished
)
select $1,
       case when scope in (0 /* campaign */, 2 /* agent_of_campaign */) then campaign_id else 0 end,
       coalesce(agent_id, 0),
       scope,
       width,
       callboard_bucket(bucket, width / 1),
       sum(leads),
       sum(tried),
       sum(retried),
       sum(processing),
       sum(retry),
       sum(finished)
from bare
cross join (values
    (0 /* campaign */, 1),
    (0 /* campaign */, 4),
    (0 /* campaign */, 96)
) as level (scope, width)
group by 2, 3, 4, 5, 6
having sum(leads) <> 0
    or sum(tried) <> 0
    or sum(retried) <> 0
    or sum(processing) <> 0
    or sum(retry) <> 0
    or sum(finished) <> 0
order by 2, 3, 4, 5, 6
;

----------------------------------------------------------------------------------------------------------------------
-- Compaction of autocall: rebuild from all rows, start
----------------------------------------------------------------------------------------------------------------------

-- Deletes the sums of a rebuild. What lies before the account's complete-from stays; the buckets that this divides are made
-- of both (kept.sql).
delete from autocall_totals
where tenant_id = $1
  and (bucket + 1) * width > (select callboard_quarter(callboard_complete_from($1)));

-- Deletes the sums of a rebuild. What lies before the account's complete-from stays; the buckets that this divides are made
-- of both (kept.sql).
delete from autocall_hangups
where tenant_id = $1
  and (bucket + 1) * width > (select callboard_quarter(callboard_complete_from($1)));

-- Deletes the sums of a rebuild. What lies before the account's complete-from stays; the buckets that this divides are made
-- of both (kept.sql).
delete from autocall_paths
where tenant_id = $1
  and (bucket + 1) * width > (select callboard_quarter(callboard_complete_from($1)));

-- Deletes the sums of a rebuild. What lies before the account's complete-from stays; the buckets that this divides are made
-- of both (kept.sql).
delete from autocall_outcomes
where tenant_id = $1
  and (bucket + 1) * width > (select callboard_quarter(callboard_complete_from($1)));

-- Deletes the sums of a rebuild. What lies before the account's complete-from stays; the buckets that this divides are made
-- of both (kept.sql).
delete from autocall_providers
where tenant_id = $1
  and (bucket + 1) * width > (select callboard_quarter(callboard_complete_from($1)));

-- Deletes the sums of a rebuild. What lies before the account's complete-from stays; the buckets that this divides are made
-- of both (kept.sql).
delete from autocall_tries
where tenant_id = $1
  and (bucket + 1) * width > (select callboard_quarter(callboard_complete_from($1)));

-- Deletes the sums of a rebuild. What lies before the account's complete-from stays; the buckets that this divides are made
-- of both (kept.sql).
delete from autocall_sentiments
where tenant_id = $1
  and (bucket + 1) * width > (select callboard_quarter(callboard_complete_from($1)));

delete from autocall_trail
where tenant_id = $1;

delete from autocall_links
where tenant_id = $1;

delete from autocall_attempts_journal
where tenant_id = $1;

-- Deletes the sums of a rebuild. What lies before the account's complete-from stays; the buckets that this divides are made
-- of both (kept.sql).
delete from autocall_lead_totals
where tenant_id = $1
  and (bucket + 1) * width > (select callboard_quarter(callboard_complete_from($1)));

delete from autocall_leads_journal
where tenant_id = $1;

delete from autocall_lead_trail
where tenant_id = $1;

delete from autocall_lead_states
where tenant_id = $1;

----------------------------------------------------------------------------------------------------------------------
-- Compaction of autocall: rebuild from all rows, slice from the second $2 on, before $3
----------------------------------------------------------------------------------------------------------------------

-- Adds rows to autocall_totals. They are summed by the finest bucket first, which leaves few sums for every level and scope.
-- Agents multiply rows, so sums over all agents are made from sums by agent. They come as the key lies, which spares the index.
with fine as materialized ( -- without sums of entries that cancel each other out
    select *
    from (
        select r.campaign_id,
               null::bigint as agent_id,
               r.quarter as bucket,
               sum(r.weight * 1)::integer as dialed,
               sum(r.weight * case when r.result = 'answered' then 1 else 0 end)::integer as answered,
               sum(r.weight * case when r.result = 'no_answer' then 1 else 0 end)::integer as no_answer,
               sum(r.weight * case when r.result = 'busy' then 1 else 0 end)::integer as busy,
               sum(r.weight * case when r.result = 'failed' then 1 else 0 end)::integer as failed,
               sum(r.weight * case when r.result = 'abandoned' then 1 else 0 end)::integer as abandoned,
               sum(r.weight * case when r.result = 'answered' then (r.billsec)::bigint else 0 end)::bigint as talk_sec,
               sum(r.weight * case when callboard_handed_over(r.transfer) then 1 else 0 end)::integer as handed_over,
               sum(r.weight * case when r.transfer = 'connected' then 1 else 0 end)::integer as connected,
               sum(r.weight * case when r.result = 'answered' and r.dtmf = '' then 1 else 0 end)::integer as no_input,
               sum(r.weight * case when r.result = 'answered' and right(r.dtmf, 1) = '0' then 1 else 0 end)::integer as key_0,
               sum(r.weight * case when r.result = 'answered' and right(r.dtmf, 1) = '1' then 1 else 0 end)::integer as key_1,
               sum(r.weight * case when r.result = 'answered' and right(r.dtmf, 1) = '2' then 1 else 0 end)::integer as key_2,
               sum(r.weight * case when r.result = 'answered' and right(r.dtmf, 1) = '3' then 1 else 0 end)::integer as key_3,
               sum(r.weight * case when r.result = 'answered' and right(r.dtmf, 1) = '4' then 1 else 0 end)::integer as key_4,
               sum(r.weight * case when r.result = 'answered' and right(r.dtmf, 1) = '5' then 1 else 0 end)::integer as key_5,
               sum(r.weight * case when r.result = 'answered' and right(r.dtmf, 1) = '6' then 1 else 0 end)::integer as key_6,
               sum(r.weight * case when r.result = 'answered' and right(r.dtmf, 1) = '7' then 1 else 0 end)::integer as key_7,
               sum(r.weight * case when r.result = 'answered' and right(r.dtmf, 1) = '8' then 1 else 0 end)::integer as key_8,
               sum(r.weight * case when r.result = 'answered' and right(r.dtmf, 1) = '9' then 1 else 0 end)::integer as key_9,
               sum(r.weight * case when r.result = 'answered' and right(r.dtmf, 1) = '*' then 1 else 0 end)::integer as key_star,
               sum(r.weight * case when r.result = 'answered' and right(r.dtmf, 1) = '#' then 1 else 0 end)::integer as key_hash
        from (
            select tenant_id,
                   1 as weight,
                   callboard_quarter(started_at) as quarter,
                   campaign_id,
                   lead_id,
                   started_at,
                   result,
                   hangup_cause,
                   billsec,
                   dtmf,
                   script_path,
                   transfer,
                   agent_disposition,
                   attempt_number,
                   provider,
                   outcome,
                   sentiment
            from autocall_attempts
            where tenant_id = $1
            and nullif(callboard_quarter(started_at) >= (select callboard_quarter(callboard_complete_from($1))), false) is not null
            and started_at >= to_timestamp($2)
              and started_at <= to_timestamp($3) - interval '1 microsecond'
        ) r
        group by 1, 2, 3
    ) sums
    where dialed <> 0
        or answered <> 0
        or no_answer <> 0
        or busy <> 0
        or failed <> 0
        or abandoned <> 0
        or talk_sec <> 0
        or handed_over <> 0
        or connected <> 0
        or no_input <> 0
        or key_0 <> 0
        or key_1 <> 0
        or key_2 <> 0
        or key_3 <> 0
        or key_4 <> 0
        or key_5 <> 0
        or key_6 <> 0
        or key_7 <> 0
        or key_8 <> 0
        or key_9 <> 0
        or key_star <> 0
        or key_hash <> 0
), bare as (
    select campaign_id,
           null::bigint as agent_id,
           bucket,
           sum(dialed)::integer as dialed,
           sum(answered)::integer as answered,
           sum(no_answer)::integer as no_answer,
           sum(busy)::integer as busy,
           sum(failed)::integer as failed,
           sum(abandoned)::integer as abandoned,
           sum(talk_sec)::bigint as talk_sec,
           sum(handed_over)::integer as handed_over,
           sum(connected)::integer as connected,
           sum(no_input)::integer as no_input,
           sum(key_0)::integer as key_0,
           sum(key_1)::integer as key_1,
           sum(key_2)::integer as key_2,
           sum(key_3)::integer as key_3,
           sum(key_4)::integer as key_4,
           sum(key_5)::integer as key_5,
           sum(key_6)::integer as key_6,
           sum(key_7)::integer as key_7,
           sum(key_8)::integer as key_8,
           sum(key_9)::integer as key_9,
           sum(key_star)::integer as key_star,
           sum(key_hash)::integer as key_hash
    from fine
    group by 1, 3
)
insert into autocall_totals as stored (
    tenant_id,
    campaign_id,
    agent_id,
    scope,
    width,
    bucket,
    dialed,
    answered,
    no_answer,
    busy,
    failed,
    abandoned,
    talk_sec,
    handed_over,
    connected,
    no_input,
    key_0,
    key_1,
    key_2,
    key_3,
    key_4,
    key_5,
    key_6,
    key_7,
    key_8,
    key_9,
    key_star,
    key_hash
)
select $1,
       case when scope in (0 /* campaign */, 2 /* agent_of_campaign */) then campaign_id else 0 end,
       coalesce(agent_id, 0),
       scope,
       width,
       callboard_bucket(bucket, width / 1),
       sum(dialed),
       sum(answered),
       sum(no_answer),
       sum(busy),
       sum(failed),
       sum(abandoned),
       sum(talk_sec),
       sum(handed_over),
       sum(connected),
       sum(no_input),
       sum(key_0),
       sum(key_1),
       sum(key_2),
       sum(key_3),
       sum(key_4),
       sum(key_5),
       sum(key_6),
       sum(key_7),
       sum(key_8),
       sum(key_9),
       sum(key_star),
       sum(key_hash)
from bare
cross join (values
    (0 /* campaign */, 1),
    (0 /* campaign */, 4),
    (0 /* campaign */, 96),
    (1 /* account */, 1),
    (1 /* account */, 4),
    (1 /* account */, 96)
) as level (scope, width)
group by 2, 3, 4, 5, 6
having sum(dialed) <> 0
    or sum(answered) <> 0
    or sum(no_answer) <> 0
    or sum(busy) <> 0
    or sum(failed) <> 0
    or sum(abandoned) <> 0
    or sum(talk_sec) <> 0
    or sum(handed_over) <> 0
    or sum(connected) <> 0
    or sum(no_input) <> 0
    or sum(key_0) <> 0
    or sum(key_1) <> 0
    or sum(key_2) <> 0
    or sum(key_3) <> 0
    or sum(key_4) <> 0
    or sum(key_5) <> 0
    or sum(key_6) <> 0
    or sum(key_7) <> 0
    or sum(key_8) <> 0
    or sum(key_9) <> 0
    or sum(key_star) <> 0
    or sum(key_hash) <> 0
order by 2, 3, 4, 5, 6
;

-- Adds rows to autocall_hangups. They are summed by the finest bucket first, which leaves few sums for every level and scope.
-- Agents multiply rows, so sums over all agents are made from sums by agent. They come as the key lies, which spares the index.
with fine as materialized ( -- without sums of entries that cancel each other out
    select *
    from (
        select r.campaign_id,
               null::bigint as agent_id,
               r.quarter as bucket,
               callboard_short(r.hangup_cause) collate "C" as hangup_cause,
               sum(r.weight * 1)::integer as attempts
        from (
            select tenant_id,
                   1 as weight,
                   callboard_quarter(started_at) as quarter,
                   campaign_id,
                   lead_id,
                   started_at,
                   result,
                   hangup_cause,
                   billsec,
                   dtmf,
                   script_path,
                   transfer,
                   agent_disposition,
                   attempt_number,
                   provider,
                   outcome,
                   sentiment
            from autocall_attempts
            where tenant_id = $1
            and nullif(callboard_quarter(started_at) >= (select callboard_quarter(callboard_complete_from($1))), false) is not null
            and started_at >= to_timestamp($2)
              and started_at <= to_timestamp($3) - interval '1 microsecond'
        ) r
        where r.hangup_cause is not null
        group by 1, 2, 3, 4
    ) sums
    where attempts <> 0
), bare as (
    select campaign_id,
           null::bigint as agent_id,
           bucket,
           hangup_cause,
           sum(attempts)::integer as attempts
    from fine
    group by 1, 3, 4
)
insert into autocall_hangups as stored (
    tenant_id,
    campaign_id,
    agent_id,
    scope,
    width,
    bucket,
    hangup_cause,
    attempts
)
select $1,
       case when scope in (0 /* campaign */, 2 /* agent_of_campaign */) then campaign_id else 0 end,
       coalesce(agent_id, 0),
       scope,
       width,
       callboard_bucket(bucket, width / 1),
       hangup_cause,
       sum(attempts)
from bare
cross join (values
    (0 /* campaign */, 1),
    (0 /* campaign */, 4),
    (0 /* campaign */, 96)
) as level (scope, width)
group by 2, 3, 4, 5, 6, 7
having sum(attempts) <> 0
order by 2, 3, 4, 5, 6, 7
;

-- Adds rows to autocall_paths. They are summed by the finest bucket first, which leaves few sums for every level and scope.
-- Agents multiply rows, so sums over all agents are made from sums by agent. They come as the key lies, which spares the index.
with fine as materialized ( -- without sums of entries that cancel each other out
    select *
    from (
        select r.campaign_id,
               null::bigint as agent_id,
               r.quarter as bucket,
               callboard_path(r.script_path) collate "C" as path,
               sum(r.weight * 1)::integer as attempts
        from (
            select tenant_id,
                   1 as weight,
                   callboard_quarter(started_at) as quarter,
                   campaign_id,
                   lead_id,
                   started_at,
                   result,
                   hangup_cause,
                   billsec,
                   dtmf,
                   script_path,
                   transfer,
                   agent_disposition,
                   attempt_number,
                   provider,
                   outcome,
                   sentiment
            from autocall_attempts
            where tenant_id = $1
            and nullif(callboard_quarter(started_at) >= (select callboard_quarter(callboard_complete_from($1))), false) is not null
            and started_at >= to_timestamp($2)
              and started_at <= to_timestamp($3) - interval '1 microsecond'
        ) r
        where r.result = 'answered' and cardinality(r.script_path) > 0
        group by 1, 2, 3, 4
    ) sums
    where attempts <> 0
), bare as (
    select campaign_id,
           null::bigint as agent_id,
           bucket,
           path,
           sum(attempts)::integer as attempts
    from fine
    group by 1, 3, 4
)
insert into autocall_paths as stored (
    tenant_id,
    campaign_id,
    agent_id,
    scope,
    width,
    bucket,
    path,
    attempts
)
select $1,
       case when scope in (0 /* campaign */, 2 /* agent_of_campaign */) then campaign_id else 0 end,
       coalesce(agent_id, 0),
       scope,
       width,
       callboard_bucket(bucket, width / 1),
       path,
       sum(attempts)
from bare
cross join (values
    (0 /* campaign */, 1),
    (0 /* campaign */, 4),
    (0 /* campaign */, 96)
) as level (scope, width)
group by 2, 3, 4, 5, 6, 7
having sum(attempts) <> 0
order by 2, 3, 4, 5, 6, 7
;

-- Adds rows to autocall_outcomes. They are summed by the finest bucket first, which leaves few sums for every level and scope.
-- Agents multiply rows, so sums over all agents are made from sums by agent. They come as the key lies, which spares the index.
with fine as materialized ( -- without sums of entries that cancel each other out
    select *
    from (
        select r.campaign_id,
               null::bigint as agent_id,
               r.quarter as bucket,
               callboard_short(coalesce(r.outcome, r.result)) collate "C" as outcome,
               sum(r.weight * 1)::integer as calls
        from (
            select tenant_id,
                   1 as weight,
                   callboard_quarter(started_at) as quarter,
                   campaign_id,
                   lead_id,
                   started_at,
                   result,
                   hangup_cause,
                   billsec,
                   dtmf,
                   script_path,
                   transfer,
                   agent_disposition,
                   attempt_number,
                   provider,
                   outcome,
                   sentiment
            from autocall_attempts
            where tenant_id = $1
            and nullif(callboard_quarter(started_at) >= (select callboard_quarter(callboard_complete_from($1))), false) is not null
            and started_at >= to_timestamp($2)
              and started_at <= to_timestamp($3) - interval '1 microsecond'
        ) r
        where coalesce(r.outcome, r.result) is not null
        group by 1, 2, 3, 4
    ) sums
    where calls <> 0
), bare as (
    select campaign_id,
           null::bigint as agent_id,
           bucket,
           outcome,
           sum(calls)::integer as calls
    from fine
    group by 1, 3, 4
)
insert into autocall_outcomes as stored (
    tenant_id,
    campaign_id,
    agent_id,
    scope,
    width,
    bucket,
    outcome,
    calls
)
select $1,
       case when scope in (0 /* campaign */, 2 /* agent_of_campaign */) then campaign_id else 0 end,
       coalesce(agent_id, 0),
       scope,
       width,
       callboard_bucket(bucket, width / 1),
       outcome,
       sum(calls)
from bare
cross join (values
    (0 /* campaign */, 4),
    (0 /* campaign */, 96),
    (1 /* account */, 1),
    (1 /* account */, 4),
    (1 /* account */, 96)
) as level (scope, width)
group by 2, 3, 4, 5, 6, 7
having sum(calls) <> 0
order by 2, 3, 4, 5, 6, 7
;

-- Adds rows to autocall_providers. They are summed by the finest bucket first, which leaves few sums for every level and scope.
-- Agents multiply rows, so sums over all agents are made from sums by agent. They come as the key lies, which spares the index.
with fine as materialized ( -- without sums of entries that cancel each other out
    select *
    from (
        select r.campaign_id,
               null::bigint as agent_id,
               r.quarter as bucket,
               callboard_short(coalesce(r.provider, '(unknown)')) collate "C" as provider,
               sum(r.weight * 1)::integer as calls
        from (
            select tenant_id,
                   1 as weight,
                   callboard_quarter(started_at) as quarter,
                   campaign_id,
                   lead_id,
                   started_at,
                   result,
                   hangup_cause,
                   billsec,
                   dtmf,
                   script_path,
                   transfer,
                   agent_disposition,
                   attempt_number,
                   provider,
                   outcome,
                   sentiment
            from autocall_attempts
            where tenant_id = $1
            and nullif(callboard_quarter(started_at) >= (select callboard_quarter(callboard_complete_from($1))), false) is not null
            and started_at >= to_timestamp($2)
              and started_at <= to_timestamp($3) - interval '1 microsecond'
        ) r
        group by 1, 2, 3, 4
    ) sums
    where calls <> 0
), bare as (
    select campaign_id,
           null::bigint as agent_id,
           bucket,
           provider,
           sum(calls)::integer as calls
    from fine
    group by 1, 3, 4
)
insert into autocall_providers as stored (
    tenant_id,
    campaign_id,
    agent_id,
    scope,
    width,
    bucket,
    provider,
    calls
)
select $1,
       case when scope in (0 /* campaign */, 2 /* agent_of_campaign */) then campaign_id else 0 end,
       coalesce(agent_id, 0),
       scope,
       width,
       callboard_bucket(bucket, width / 1),
       provider,
       sum(calls)
from bare
cross join (values
    (0 /* campaign */, 4),
    (0 /* campaign */, 96),
    (1 /* account */, 1),
    (1 /* account */, 4),
    (1 /* account */, 96)
) as level (scope, width)
group by 2, 3, 4, 5, 6, 7
having sum(calls) <> 0
order by 2, 3, 4, 5, 6, 7
;

-- Adds rows to autocall_tries. They are summed by the finest bucket first, which leaves few sums for every level and scope.
-- Agents multiply rows, so sums over all agents are made from sums by agent. They come as the key lies, which spares the index.
with fine as materialized ( -- without sums of entries that cancel each other out
    select *
    from (
        select r.campaign_id,
               null::bigint as agent_id,
               r.quarter as bucket,
               r.attempt_number::text collate "C" as attempt_number,
               sum(r.weight * 1)::integer as calls,
               sum(r.weight * case when r.result = 'answered' then 1 else 0 end)::integer as answered
        from (
            select tenant_id,
                   1 as weight,
                   callboard_quarter(started_at) as quarter,
                   campaign_id,
                   lead_id,
                   started_at,
                   result,
                   hangup_cause,
                   billsec,
                   dtmf,
                   script_path,
                   transfer,
                   agent_disposition,
                   attempt_number,
                   provider,
                   outcome,
                   sentiment
            from autocall_attempts
            where tenant_id = $1
            and nullif(callboard_quarter(started_at) >= (select callboard_quarter(callboard_complete_from($1))), false) is not null
            and started_at >= to_timestamp($2)
              and started_at <= to_timestamp($3) - interval '1 microsecond'
        ) r
        group by 1, 2, 3, 4
    ) sums
    where calls <> 0
        or answered <> 0
), bare as (
    select campaign_id,
           null::bigint as agent_id,
           bucket,
           attempt_number,
           sum(calls)::integer as calls,
           sum(answered)::integer as answered
    from fine
    group by 1, 3, 4
)
insert into autocall_tries as stored (
    tenant_id,
    campaign_id,
    agent_id,
    scope,
    width,
    bucket,
    attempt_number,
    calls,
    answered
)
select $1,
       case when scope in (0 /* campaign */, 2 /* agent_of_campaign */) then campaign_id else 0 end,
       coalesce(agent_id, 0),
       scope,
       width,
       callboard_bucket(bucket, width / 1),
       attempt_number,
       sum(calls),
       sum(answered)
from bare
cross join (values
    (0 /* campaign */, 4),
    (0 /* campaign */, 96),
    (1 /* account */, 1),
    (1 /* account */, 4),
    (1 /* account */, 96)
) as level (scope, width)
group by 2, 3, 4, 5, 6, 7
having sum(calls) <> 0
    or sum(answered) <> 0
order by 2, 3, 4, 5, 6, 7
;

-- Adds rows to autocall_sentiments. They are summed by the finest bucket first, which leaves few sums for every level and scope.
-- Agents multiply rows, so sums over all agents are made from sums by agent. They come as the key lies, which spares the index.
with fine as materialized ( -- without sums of entries that cancel each other out
    select *
    from (
        select r.campaign_id,
               null::bigint as agent_id,
               r.quarter as bucket,
               callboard_fifth(r.sentiment)::text collate "C" as fifth,
               sum(r.weight * 1)::integer as calls
        from (
            select tenant_id,
                   1 as weight,
                   callboard_quarter(started_at) as quarter,
                   campaign_id,
                   lead_id,
                   started_at,
                   result,
                   hangup_cause,
                   billsec,
                   dtmf,
                   script_path,
                   transfer,
                   agent_disposition,
                   attempt_number,
                   provider,
                   outcome,
                   sentiment
            from autocall_attempts
            where tenant_id = $1
            and nullif(callboard_quarter(started_at) >= (select callboard_quarter(callboard_complete_from($1))), false) is not null
            and started_at >= to_timestamp($2)
              and started_at <= to_timestamp($3) - interval '1 microsecond'
        ) r
        where r.sentiment is not null
        group by 1, 2, 3, 4
    ) sums
    where calls <> 0
), bare as (
    select campaign_id,
           null::bigint as agent_id,
           bucket,
           fifth,
           sum(calls)::integer as calls
    from fine
    group by 1, 3, 4
)
insert into autocall_sentiments as stored (
    tenant_id,
    campaign_id,
    agent_id,
    scope,
    width,
    bucket,
    fifth,
    calls
)
select $1,
       case when scope in (0 /* campaign */, 2 /* agent_of_campaign */) then campaign_id else 0 end,
       coalesce(agent_id, 0),
       scope,
       width,
       callboard_bucket(bucket, width / 1),
       fifth,
       sum(calls)
from bare
cross join (values
    (0 /* campaign */, 4),
    (0 /* campaign */, 96),
    (1 /* account */, 1),
    (1 /* account */, 4),
    (1 /* account */, 96)
) as level (scope, width)
group by 2, 3, 4, 5, 6, 7
having sum(calls) <> 0
order by 2, 3, 4, 5, 6, 7
;

-- Brings autocall_trail up to date with the links.
insert into autocall_trail as stored (tenant_id, campaign_id, lead_id, hour, stages, n)
select $1,
       campaign_id,
       lead_id,
       hour,
       stages,
       sum(weight)
from (
    select r.campaign_id,
           r.lead_id,
           callboard_bucket(r.quarter, 4) as hour,
           (
               1
               + case when r.result = 'answered' then 2 else 0 end
               + case when r.result = 'answered' and r.dtmf <> '' and coalesce((
               (
                   select jsonb_object_agg(c.id, k.keys)
                   from (
                       select s.id,
                              array(
                                  select action ->> 'digit'
                                  from jsonb_array_elements(s.dtmf_actions) action
                                  where length(action ->> 'digit') = 1
                              ) as keys
                       from autocall_scripts s
                       where s.tenant_id = $1
                         and jsonb_typeof(s.dtmf_actions) = 'array'
                         and s.dtmf_actions <> '[]'
                       offset 0
                   ) k
                   cross join lateral (
                       select c.id
                       from autocall_campaigns c
                       where c.tenant_id = $1
                         and c.script_id = k.id
                       offset 0
                   ) c
               ) -> r.campaign_id::text
           ) ? right(r.dtmf, 1), true) then 4 else 0 end
               + case when callboard_handed_over(r.transfer) then 8 else 0 end
               + case when r.agent_disposition is not null then 16 else 0 end
           )::smallint as stages,
           r.weight
    from (
        select tenant_id,
               1 as weight,
               callboard_quarter(started_at) as quarter,
               campaign_id,
               lead_id,
               started_at,
               result,
               hangup_cause,
               billsec,
               dtmf,
               script_path,
               transfer,
               agent_disposition,
               attempt_number,
               provider,
               outcome,
               sentiment
        from autocall_attempts
        where tenant_id = $1
        and nullif(callboard_quarter(started_at) >= (select callboard_quarter(callboard_complete_from($1))), false) is not null
        and started_at >= to_timestamp($2)
          and started_at <= to_timestamp($3) - interval '1 microsecond'
    ) r
) r
where stages <> 0
group by campaign_id, lead_id, hour, stages
having sum(weight) <> 0
order by campaign_id, lead_id, hour, stages
;

-- Brings the attempts of leads up to date with their states.
insert into autocall_lead_trail as stored (tenant_id, lead_id, attempts, waiting)
select $1,
       lead_id,
       sum(weight),
       coalesce(sum(weight) filter (where result is null), 0)
from (
    select tenant_id,
           1 as weight,
           callboard_quarter(started_at) as quarter,
           campaign_id,
           lead_id,
           started_at,
           result,
           hangup_cause,
           billsec,
           dtmf,
           script_path,
           transfer,
           agent_disposition,
           attempt_number,
           provider,
           outcome,
           sentiment
    from autocall_attempts
    where tenant_id = $1
    and nullif(callboard_quarter(started_at) >= (select callboard_quarter(callboard_complete_from($1))), false) is not null
    and started_at >= to_timestamp($2)
      and started_at <= to_timestamp($3) - interval '1 microsecond'
) r
group by lead_id
having sum(weight) <> 0
    or sum(weight) filter (where result is null) <> 0
order by lead_id
on conflict (tenant_id, lead_id) do update set
    attempts = stored.attempts + excluded.attempts,
    waiting = stored.waiting + excluded.waiting;

-- Deletes the entries of a slice, from the second $2 on, before $3: its rows contain them.
delete from autocall_attempts_journal
where tenant_id = $1
  and quarter >= callboard_quarter(to_timestamp($2))
  and quarter <= callboard_quarter(to_timestamp($3) - interval '1 microsecond');

----------------------------------------------------------------------------------------------------------------------
-- Compaction of autocall: rebuild from all rows, stage pairs
----------------------------------------------------------------------------------------------------------------------

-- Adds changes to autocall_links, while the trail still records what they were made of.
with versions as (
    select 1 as version,
           s.scope,
           case when s.scope = 0 /* campaign */ then t.campaign_id else 0 end as campaign_id,
           t.lead_id,
           t.hour,
           bit_or(t.stages) as stages
    from autocall_trail t
    cross join (values (0 /* campaign */)) s (scope)
    where t.tenant_id = $1
    group by 2, 3, 4, 5
),
chains as ( -- each hour of a lead with the last hour before it in each stage
    select version,
           scope,
           campaign_id,
           hour,
           stages,
           max(hour) filter (where stages & 1 <> 0) over earlier as dialed,
           max(hour) filter (where stages & 2 <> 0) over earlier as answered,
           max(hour) filter (where stages & 4 <> 0) over earlier as pressed,
           max(hour) filter (where stages & 8 <> 0) over earlier as handed_over,
           max(hour) filter (where stages & 16 <> 0) over earlier as disposed
    from versions
    window earlier as (
        partition by version, scope, campaign_id, lead_id
        order by hour
        rows between unbounded preceding and 1 preceding
    )
), linked as ( -- from each hour to itself, then from the last hour before to it
    select scope,
           campaign_id,
           hour as earlier,
           hour as later,
           sum(case when stages & 1 <> 0 then version else 0 end)::integer as dialed,
           sum(case when stages & 2 <> 0 then version else 0 end)::integer as answered,
           sum(case when stages & 4 <> 0 then version else 0 end)::integer as pressed,
           sum(case when stages & 8 <> 0 then version else 0 end)::integer as handed_over,
           sum(case when stages & 16 <> 0 then version else 0 end)::integer as disposed
    from chains
    group by 1, 2, 3
    union all
    select scope,
           campaign_id,
           b.earlier,
           hour,
           -sum(case when b.stage = 1 then version else 0 end)::integer,
           -sum(case when b.stage = 2 then version else 0 end)::integer,
           -sum(case when b.stage = 4 then version else 0 end)::integer,
           -sum(case when b.stage = 8 then version else 0 end)::integer,
           -sum(case when b.stage = 16 then version else 0 end)::integer
    from chains
    cross join lateral (values
        (1, dialed),
        (2, answered),
        (4, pressed),
        (8, handed_over),
        (16, disposed)
    ) b (stage, earlier)
    where b.earlier is not null
      and stages & b.stage <> 0
    group by 1, 2, 3, 4
)
insert into autocall_links as stored (
    tenant_id,
    campaign_id,
    scope,
    width,
    later_width,
    bucket,
    later_bucket,
    dialed,
    answered,
    pressed,
    handed_over,
    disposed
)
select $1,
       campaign_id,
       scope,
       w.width,
       v.width,
       callboard_bucket(earlier, w.width / 4),
       callboard_bucket(later, v.width / 4),
       sum(dialed),
       sum(answered),
       sum(pressed),
       sum(handed_over),
       sum(disposed)
from linked
cross join (values (4), (96)) w (width)
cross join (values (4), (96)) v (width)
group by 2, 3, 4, 5, 6, 7
having sum(dialed) <> 0
    or sum(answered) <> 0
    or sum(pressed) <> 0
    or sum(handed_over) <> 0
    or sum(disposed) <> 0
order by 2, 3, 4, 5, 6, 7
;

----------------------------------------------------------------------------------------------------------------------
-- Compaction of autocall: rebuild from all rows, leads
----------------------------------------------------------------------------------------------------------------------

-- Adds rows to autocall_lead_totals. They are summed by the finest bucket first, which leaves few sums for every level and scope.
-- Agents multiply rows, so sums over all agents are made from sums by agent. They come as the key lies, which spares the index.
with fine as materialized ( -- without sums of entries that cancel each other out
    select *
    from (
        select r.campaign_id,
               null::bigint as agent_id,
               r.quarter as bucket,
               sum(r.weight * 1)::integer as leads,
               sum(r.weight * case when r.status in ('pending', 'in_progress', 'retry') then 1 else 0 end)::integer as unfinished
        from (
            select tenant_id,
                   1 as weight,
                   callboard_quarter(created_at) as quarter,
                   campaign_id,
                   id,
                   created_at,
                   status
            from autocall_leads
            where tenant_id = $1
            and nullif(callboard_quarter(created_at) >= (select callboard_quarter(callboard_complete_from($1))), false) is not null
        ) r
        group by 1, 2, 3
    ) sums
    where leads <> 0
        or unfinished <> 0
), bare as (
    select campaign_id,
           null::bigint as agent_id,
           bucket,
           sum(leads)::integer as leads,
           sum(unfinished)::integer as unfinished
    from fine
    group by 1, 3
)
insert into autocall_lead_totals as stored (
    tenant_id,
    campaign_id,
    agent_id,
    scope,
    width,
    bucket,
    leads,
    unfinished
)
select $1,
       case when scope in (0 /* campaign */, 2 /* agent_of_campaign */) then campaign_id else 0 end,
       coalesce(agent_id, 0),
       scope,
       width,
       callboard_bucket(bucket, width / 1),
       sum(leads),
       sum(unfinished)
from bare
cross join (values
    (0 /* campaign */, 1),
    (0 /* campaign */, 4),
    (0 /* campaign */, 96)
) as level (scope, width)
group by 2, 3, 4, 5, 6
having sum(leads) <> 0
    or sum(unfinished) <> 0
order by 2, 3, 4, 5, 6
;

-- In a rebuild: adds what is kept from before the account's complete-from to the hours and days that this divides.
insert into autocall_totals as stored (
    tenant_id,
    scope,
    campaign_id,
    agent_id,
    width,
    bucket,
    dialed,
    answered,
    no_answer,
    busy,
    failed,
    abandoned,
    talk_sec,
    handed_over,
    connected,
    no_input,
    key_0,
    key_1,
    key_2,
    key_3,
    key_4,
    key_5,
    key_6,
    key_7,
    key_8,
    key_9,
    key_star,
    key_hash
)
select tenant_id,
       scope,
       campaign_id,
       agent_id,
       level.width,
       callboard_bucket(bucket, level.width),
       sum(dialed),
       sum(answered),
       sum(no_answer),
       sum(busy),
       sum(failed),
       sum(abandoned),
       sum(talk_sec),
       sum(handed_over),
       sum(connected),
       sum(no_input),
       sum(key_0),
       sum(key_1),
       sum(key_2),
       sum(key_3),
       sum(key_4),
       sum(key_5),
       sum(key_6),
       sum(key_7),
       sum(key_8),
       sum(key_9),
       sum(key_star),
       sum(key_hash)
from (
    select *
    from autocall_totals
    where tenant_id = $1
      and width = 1
) quarters
join (values
    (0 /* campaign */, 4),
    (0 /* campaign */, 96),
    (1 /* account */, 4),
    (1 /* account */, 96)
) as level (of_scope, width) on level.of_scope = quarters.scope
cross join (select callboard_quarter(callboard_complete_from($1)) as quarter offset 0) cut
where bucket < cut.quarter
  and bucket >= callboard_bucket(cut.quarter, level.width) * level.width
group by 1, 2, 3, 4, 5, 6
having sum(dialed) <> 0
    or sum(answered) <> 0
    or sum(no_answer) <> 0
    or sum(busy) <> 0
    or sum(failed) <> 0
    or sum(abandoned) <> 0
    or sum(talk_sec) <> 0
    or sum(handed_over) <> 0
    or sum(connected) <> 0
    or sum(no_input) <> 0
    or sum(key_0) <> 0
    or sum(key_1) <> 0
    or sum(key_2) <> 0
    or sum(key_3) <> 0
    or sum(key_4) <> 0
    or sum(key_5) <> 0
    or sum(key_6) <> 0
    or sum(key_7) <> 0
    or sum(key_8) <> 0
    or sum(key_9) <> 0
    or sum(key_star) <> 0
    or sum(key_hash) <> 0
on conflict (tenant_id, campaign_id, agent_id, scope, width, bucket) do update set
    dialed = stored.dialed + excluded.dialed,
    answered = stored.answered + excluded.answered,
    no_answer = stored.no_answer + excluded.no_answer,
    busy = stored.busy + excluded.busy,
    failed = stored.failed + excluded.failed,
    abandoned = stored.abandoned + excluded.abandoned,
    talk_sec = stored.talk_sec + excluded.talk_sec,
    handed_over = stored.handed_over + excluded.handed_over,
    connected = stored.connected + excluded.connected,
    no_input = stored.no_input + excluded.no_input,
    key_0 = stored.key_0 + excluded.key_0,
    key_1 = stored.key_1 + excluded.key_1,
    key_2 = stored.key_2 + excluded.key_2,
    key_3 = stored.key_3 + excluded.key_3,
    key_4 = stored.key_4 + excluded.key_4,
    key_5 = stored.key_5 + excluded.key_5,
    key_6 = stored.key_6 + excluded.key_6,
    key_7 = stored.key_7 + excluded.key_7,
    key_8 = stored.key_8 + excluded.key_8,
    key_9 = stored.key_9 + excluded.key_9,
    key_star = stored.key_star + excluded.key_star,
    key_hash = stored.key_hash + excluded.key_hash;

-- In a rebuild: adds what is kept from before the account's complete-from to the hours and days that this divides.
insert into autocall_hangups as stored (
    tenant_id,
    scope,
    campaign_id,
    agent_id,
    width,
    bucket,
    hangup_cause,
    attempts
)
select tenant_id,
       scope,
       campaign_id,
       agent_id,
       level.width,
       callboard_bucket(bucket, level.width),
       hangup_cause,
       sum(attempts)
from (
    select *
    from autocall_hangups
    where tenant_id = $1
      and width = 1
) quarters
join (values
    (0 /* campaign */, 4),
    (0 /* campaign */, 96)
) as level (of_scope, width) on level.of_scope = quarters.scope
cross join (select callboard_quarter(callboard_complete_from($1)) as quarter offset 0) cut
where bucket < cut.quarter
  and bucket >= callboard_bucket(cut.quarter, level.width) * level.width
group by 1, 2, 3, 4, 5, 6, 7
having sum(attempts) <> 0
on conflict (tenant_id, campaign_id, agent_id, scope, width, bucket, callboard_key(hangup_cause)) do update set
    attempts = stored.attempts + excluded.attempts;

-- In a rebuild: adds what is kept from before the account's complete-from to the hours and days that this divides.
insert into autocall_paths as stored (
    tenant_id,
    scope,
    campaign_id,
    agent_id,
    width,
    bucket,
    path,
    attempts
)
select tenant_id,
       scope,
       campaign_id,
       agent_id,
       level.width,
       callboard_bucket(bucket, level.width),
       path,
       sum(attempts)
from (
    select *
    from autocall_paths
    where tenant_id = $1
      and width = 1
) quarters
join (values
    (0 /* campaign */, 4),
    (0 /* campaign */, 96)
) as level (of_scope, width) on level.of_scope = quarters.scope
cross join (select callboard_quarter(callboard_complete_from($1)) as quarter offset 0) cut
where bucket < cut.quarter
  and bucket >= callboard_bucket(cut.quarter, level.width) * level.width
group by 1, 2, 3, 4, 5, 6, 7
having sum(attempts) <> 0
on conflict (tenant_id, campaign_id, agent_id, scope, width, bucket, callboard_key(path)) do update set
    attempts = stored.attempts + excluded.attempts;

-- In a rebuild: adds what is kept from before the account's complete-from to the hours and days that this divides.
insert into autocall_outcomes as stored (
    tenant_id,
    scope,
    campaign_id,
    agent_id,
    width,
    bucket,
    outcome,
    calls
)
select tenant_id,
       scope,
       campaign_id,
       agent_id,
       level.width,
       callboard_bucket(bucket, level.width),
       outcome,
       sum(calls)
from (
    select *
    from autocall_outcomes
    where tenant_id = $1
      and width = 1
) quarters
join (values
    (0 /* campaign */, 4),
    (0 /* campaign */, 96),
    (1 /* account */, 4),
    (1 /* account */, 96)
) as level (of_scope, width) on level.of_scope = quarters.scope
cross join (select callboard_quarter(callboard_complete_from($1)) as quarter offset 0) cut
where bucket < cut.quarter
  and bucket >= callboard_bucket(cut.quarter, level.width) * level.width
group by 1, 2, 3, 4, 5, 6, 7
having sum(calls) <> 0
on conflict (tenant_id, campaign_id, agent_id, scope, width, bucket, callboard_key(outcome)) do update set
    calls = stored.calls + excluded.calls;

-- In a rebuild: adds what is kept from before the account's complete-from to the hours and days that this divides.
insert into autocall_providers as stored (
    tenant_id,
    scope,
    campaign_id,
    agent_id,
    width,
    bucket,
    provider,
    calls
)
select tenant_id,
       scope,
       campaign_id,
       agent_id,
       level.width,
       callboard_bucket(bucket, level.width),
       provider,
       sum(calls)
from (
    select *
    from autocall_providers
    where tenant_id = $1
      and width = 1
) quarters
join (values
    (0 /* campaign */, 4),
    (0 /* campaign */, 96),
    (1 /* account */, 4),
    (1 /* account */, 96)
) as level (of_scope, width) on level.of_scope = quarters.scope
cross join (select callboard_quarter(callboard_complete_from($1)) as quarter offset 0) cut
where bucket < cut.quarter
  and bucket >= callboard_bucket(cut.quarter, level.width) * level.width
group by 1, 2, 3, 4, 5, 6, 7
having sum(calls) <> 0
on conflict (tenant_id, campaign_id, agent_id, scope, width, bucket, callboard_key(provider)) do update set
    calls = stored.calls + excluded.calls;

-- In a rebuild: adds what is kept from before the account's complete-from to the hours and days that this divides.
insert into autocall_tries as stored (
    tenant_id,
    scope,
    campaign_id,
    agent_id,
    width,
    bucket,
    attempt_number,
    calls,
    answered
)
select tenant_id,
       scope,
       campaign_id,
       agent_id,
       level.width,
       callboard_bucket(bucket, level.width),
       attempt_number,
       sum(calls),
       sum(answered)
from (
    select *
    from autocall_tries
    where tenant_id = $1
      and width = 1
) quarters
join (values
    (0 /* campaign */, 4),
    (0 /* campaign */, 96),
    (1 /* account */, 4),
    (1 /* account */, 96)
) as level (of_scope, width) on level.of_scope = quarters.scope
cross join (select callboard_quarter(callboard_complete_from($1)) as quarter offset 0) cut
where bucket < cut.quarter
  and bucket >= callboard_bucket(cut.quarter, level.width) * level.width
group by 1, 2, 3, 4, 5, 6, 7
having sum(calls) <> 0
    or sum(answered) <> 0
on conflict (tenant_id, campaign_id, agent_id, scope, width, bucket, callboard_key(attempt_number)) do update set
    calls = stored.calls + excluded.calls,
    answered = stored.answered + excluded.answered;

-- In a rebuild: adds what is kept from before the account's complete-from to the hours and days that this divides.
insert into autocall_sentiments as stored (
    tenant_id,
    scope,
    campaign_id,
    agent_id,
    width,
    bucket,
    fifth,
    calls
)
select tenant_id,
       scope,
       campaign_id,
       agent_id,
       level.width,
       callboard_bucket(bucket, level.width),
       fifth,
       sum(calls)
from (
    select *
    from autocall_sentiments
    where tenant_id = $1
      and width = 1
) quarters
join (values
    (0 /* campaign */, 4),
    (0 /* campaign */, 96),
    (1 /* account */, 4),
    (1 /* account */, 96)
) as level (of_scope, width) on level.of_scope = quarters.scope
cross join (select callboard_quarter(callboard_complete_from($1)) as quarter offset 0) cut
where bucket < cut.quarter
  and bucket >= callboard_bucket(cut.quarter, level.width) * level.width
group by 1, 2, 3, 4, 5, 6, 7
having sum(calls) <> 0
on conflict (tenant_id, campaign_id, agent_id, scope, width, bucket, callboard_key(fifth)) do update set
    calls = stored.calls + excluded.calls;

-- In a rebuild: adds what is kept from before the account's complete-from to the hours and days that this divides.
insert into autocall_lead_totals as stored (
    tenant_id,
    scope,
    campaign_id,
    agent_id,
    width,
    bucket,
    leads,
    unfinished
)
select tenant_id,
       scope,
       campaign_id,
       agent_id,
       level.width,
       callboard_bucket(bucket, level.width),
       sum(leads),
       sum(unfinished)
from (
    select *
    from autocall_lead_totals
    where tenant_id = $1
      and width = 1
) quarters
join (values
    (0 /* campaign */, 4),
    (0 /* campaign */, 96)
) as level (of_scope, width) on level.of_scope = quarters.scope
cross join (select callboard_quarter(callboard_complete_from($1)) as quarter offset 0) cut
where bucket < cut.quarter
  and bucket >= callboard_bucket(cut.quarter, level.width) * level.width
group by 1, 2, 3, 4, 5, 6
having sum(leads) <> 0
    or sum(unfinished) <> 0
on conflict (tenant_id, campaign_id, agent_id, scope, width, bucket) do update set
    leads = stored.leads + excluded.leads,
    unfinished = stored.unfinished + excluded.unfinished;

-- Adds rows to autocall_lead_states. They are summed by the finest bucket first, which leaves few sums for every level and scope.
-- Agents multiply rows, so sums over all agents are made from sums by agent. They come as the key lies, which spares the index.
with fine as materialized ( -- without sums of entries that cancel each other out
    select *
    from (
        select r.campaign_id,
               null::bigint as agent_id,
               r.quarter as bucket,
               sum(r.weight * 1)::integer as leads,
               sum(r.weight * case when r.attempts > 0 then 1 else 0 end)::integer as tried,
               sum(r.weight * case when r.attempts > 1 then 1 else 0 end)::integer as retried,
               sum(r.weight * case when r.in_progress then 1 else 0 end)::integer as processing,
               sum(r.weight * case when r.attempts > 0 and not r.in_progress and r.status in ('pending', 'in_progress', 'retry') then 1 else 0 end)::integer as retry,
               sum(r.weight * case when r.attempts > 0 and not r.in_progress and not r.status in ('pending', 'in_progress', 'retry') then 1 else 0 end)::integer as finished
        from (
            select 1 as weight,
                   callboard_quarter(l.created_at) as quarter,
                   l.campaign_id,
                   l.status,
                   coalesce(t.attempts, 0) as attempts,
                   coalesce(t.waiting, 0) > 0 as in_progress
            from autocall_leads l
            left join autocall_lead_trail t on t.tenant_id = l.tenant_id and t.lead_id = l.id
            where l.tenant_id = $1
        ) r
        group by 1, 2, 3
    ) sums
    where leads <> 0
        or tried <> 0
        or retried <> 0
        or processing <> 0
        or retry <> 0
        or finished <> 0
), bare as (
    select campaign_id,
           null::bigint as agent_id,
           bucket,
           sum(leads)::integer as leads,
           sum(tried)::integer as tried,
           sum(retried)::integer as retried,
           sum(processing)::integer as processing,
           sum(retry)::integer as retry,
           sum(finished)::integer as finished
    from fine
    group by 1, 3
)
insert into autocall_lead_states as stored (
    tenant_id,
    campaign_id,
    agent_id,
    scope,
    width,
    bucket,
    leads,
    tried,
    retried,
    processing,
    retry,
    finished
)
select $1,
       case when scope in (0 /* campaign */, 2 /* agent_of_campaign */) then campaign_id else 0 end,
       coalesce(agent_id, 0),
       scope,
       width,
       callboard_bucket(bucket, width / 1),
       sum(leads),
       sum(tried),
       sum(retried),
       sum(processing),
       sum(retry),
       sum(finished)
from bare
cross join (values
    (0 /* campaign */, 1),
    (0 /* campaign */, 4),
    (0 /* campaign */, 96),
    (1 /* account */, 1),
    (1 /* account */, 4),
    (1 /* account */, 96)
) as level (scope, width)
group by 2, 3, 4, 5, 6
having sum(leads) <> 0
    or sum(tried) <> 0
    or sum(retried) <> 0
    or sum(processing) <> 0
    or sum(retry) <> 0
    or sum(finished) <> 0
order by 2, 3, 4, 5, 6
;

delete from autocall_leads_journal
where tenant_id = $1;

----------------------------------------------------------------------------------------------------------------------
-- Compaction of autocall: rebuild from all rows, looking for slices
----------------------------------------------------------------------------------------------------------------------

-- The day of the tenant's cut, if it has one, and the number of calls from it on.
select
    cut.day,
    (
        select count(*)
        from autocall_attempts
        where tenant_id = $1
          and started_at >= callboard_complete_from($1)
    ) as calls
from (
    select case when complete_from is not null then callboard_bucket(callboard_quarter(complete_from), 96) end as day
    from tenants
    where id = $1
) cut;

-- The end of the slice that begins at the second $2, and its number of calls: as many whole days as have at most $3 calls, or
-- one with more. It has no end if no more calls follow; instants beyond the last quarter are in that one.
with near as (
    select started_at as at
    from autocall_attempts
    where tenant_id = $1
      and started_at >= to_timestamp($2)
    order by started_at
    limit 1
), far as (
    select started_at as at
    from autocall_attempts
    where tenant_id = $1
      and started_at >= to_timestamp($2)
    order by started_at
    offset $3
    limit 1
), ends as (
    select greatest(
               callboard_bucket(callboard_quarter(far.at), 96),
               callboard_bucket(callboard_quarter(near.at), 96) + 1
           ) as day
    from near
    cross join far
), slice as (
    select max(day) filter (where day <= callboard_bucket(callboard_quarter('infinity'), 96)) as day
    from ends
)
select
    slice.day,
    (
        select count(*)
        from autocall_attempts
        where tenant_id = $1
          and started_at >= to_timestamp($2)
          and started_at <= to_timestamp(coalesce(slice.day * 86400.0, 'infinity')::float8) - interval '1 microsecond'
    ) as calls
from slice;

----------------------------------------------------------------------------------------------------------------------
-- Start of a compaction of telesales
----------------------------------------------------------------------------------------------------------------------

-- A compaction has no timeout, whatever limits its role has. TRUNCATE locks a table before its derived tables, and so does
-- this, so that they cannot deadlock.
set local statement_timeout = 0;
set local lock_timeout = 0;
set local idle_in_transaction_session_timeout = 0;
set local work_mem = '128MB';
lock table
    telesales_calls,
    telesales_leads
in access share mode;

----------------------------------------------------------------------------------------------------------------------
-- Compaction of telesales: journal
----------------------------------------------------------------------------------------------------------------------

-- Adds rows to telesales_totals. They are summed by the finest bucket first, which leaves few sums for every level and scope.
-- Agents multiply rows, so sums over all agents are made from sums by agent. They come as the key lies, which spares the index.
with fine as materialized ( -- without sums of entries that cancel each other out
    select *
    from (
        select r.campaign_id,
               r.agent_id as agent_id,
               r.quarter as bucket,
               sum(r.weight * case when callboard_is_dial(r.result) then 1 else 0 end)::integer as dials,
               sum(r.weight * case when callboard_is_answer(r.result) then 1 else 0 end)::integer as answers,
               sum(r.weight * case when r.result = 'abandoned' then 1 else 0 end)::integer as abandoned,
               sum(r.weight * case when r.result = 'blocked' then 1 else 0 end)::integer as blocked,
               sum(r.weight * case when r.result is null then 1 else 0 end)::integer as in_progress,
               sum(r.weight * case when callboard_is_dial(r.result) and r.disposition = any ((select callboard_conversions($1))::text[]) then 1 else 0 end)::integer as conversions,
               sum(r.weight * case when callboard_is_dial(r.result) then (r.talk_sec)::bigint else 0 end)::bigint as talk_sec,
               sum(r.weight * case when callboard_is_answer(r.result) then (r.talk_sec::bigint + r.wrap_sec)::bigint else 0 end)::bigint as handling_sec
        from (
            select *
            from telesales_calls_journal
            where tenant_id = $1
              and nullif(quarter >= (select callboard_quarter(callboard_complete_from($1))), false) is not null
        ) r
        group by 1, 2, 3
    ) sums
    where dials <> 0
        or answers <> 0
        or abandoned <> 0
        or blocked <> 0
        or in_progress <> 0
        or conversions <> 0
        or talk_sec <> 0
        or handling_sec <> 0
), bare as (
    select campaign_id,
           null::bigint as agent_id,
           bucket,
           sum(dials)::integer as dials,
           sum(answers)::integer as answers,
           sum(abandoned)::integer as abandoned,
           sum(blocked)::integer as blocked,
           sum(in_progress)::integer as in_progress,
           sum(conversions)::integer as conversions,
           sum(talk_sec)::bigint as talk_sec,
           sum(handling_sec)::bigint as handling_sec
    from fine
    group by 1, 3
)
insert into telesales_totals as stored (
    tenant_id,
    campaign_id,
    agent_id,
    scope,
    width,
    bucket,
    dials,
    answers,
    abandoned,
    blocked,
    in_progress,
    conversions,
    talk_sec,
    handling_sec
)
select $1,
       case when scope in (0 /* campaign */, 2 /* agent_of_campaign */) then campaign_id else 0 end,
       coalesce(agent_id, 0),
       scope,
       width,
       callboard_bucket(bucket, width / 1),
       sum(dials),
       sum(answers),
       sum(abandoned),
       sum(blocked),
       sum(in_progress),
       sum(conversions),
       sum(talk_sec),
       sum(handling_sec)
from (
    select bare.*, level.*
    from bare
    cross join (values
        (0 /* campaign */, 1),
        (0 /* campaign */, 4),
        (0 /* campaign */, 96),
        (1 /* account */, 1),
        (1 /* account */, 4),
        (1 /* account */, 96)
    ) as level (scope, width)
    union all
    select fine.*, level.*
    from fine
    cross join (values
        (2 /* agent_of_campaign */, 4),
        (2 /* agent_of_campaign */, 96),
        (3 /* agent */, 1),
        (3 /* agent */, 4),
        (3 /* agent */, 96)
    ) as level (scope, width)
    where agent_id is not null
) rows
group by 2, 3, 4, 5, 6
having sum(dials) <> 0
    or sum(answers) <> 0
    or sum(abandoned) <> 0
    or sum(blocked) <> 0
    or sum(in_progress) <> 0
    or sum(conversions) <> 0
    or sum(talk_sec) <> 0
    or sum(handling_sec) <> 0
order by 2, 3, 4, 5, 6
on conflict (tenant_id, campaign_id, agent_id, scope, width, bucket) do update set
    dials = stored.dials + excluded.dials,
    answers = stored.answers + excluded.answers,
    abandoned = stored.abandoned + excluded.abandoned,
    blocked = stored.blocked + excluded.blocked,
    in_progress = stored.in_progress + excluded.in_progress,
    conversions = stored.conversions + excluded.conversions,
    talk_sec = stored.talk_sec + excluded.talk_sec,
    handling_sec = stored.handling_sec + excluded.handling_sec;

-- Adds rows to telesales_dispositions. They are summed by the finest bucket first, which leaves few sums for every level and scope.
-- Agents multiply rows, so sums over all agents are made from sums by agent. They come as the key lies, which spares the index.
with fine as materialized ( -- without sums of entries that cancel each other out
    select *
    from (
        select r.campaign_id,
               r.agent_id as agent_id,
               r.quarter as bucket,
               r.disposition collate "C" as code,
               sum(r.weight * 1)::integer as calls
        from (
            select *
            from telesales_calls_journal
            where tenant_id = $1
              and nullif(quarter >= (select callboard_quarter(callboard_complete_from($1))), false) is not null
        ) r
        where r.disposition is not null
        group by 1, 2, 3, 4
    ) sums
    where calls <> 0
), bare as (
    select campaign_id,
           null::bigint as agent_id,
           bucket,
           code,
           sum(calls)::integer as calls
    from fine
    group by 1, 3, 4
)
insert into telesales_dispositions as stored (
    tenant_id,
    campaign_id,
    agent_id,
    scope,
    width,
    bucket,
    code,
    calls
)
select $1,
       case when scope in (0 /* campaign */, 2 /* agent_of_campaign */) then campaign_id else 0 end,
       coalesce(agent_id, 0),
       scope,
       width,
       callboard_bucket(bucket, width / 1),
       code,
       sum(calls)
from (
    select bare.*, level.*
    from bare
    cross join (values
        (0 /* campaign */, 4),
        (0 /* campaign */, 96),
        (1 /* account */, 1),
        (1 /* account */, 4),
        (1 /* account */, 96)
    ) as level (scope, width)
    union all
    select fine.*, level.*
    from fine
    cross join (values
        (2 /* agent_of_campaign */, 96),
        (3 /* agent */, 96)
    ) as level (scope, width)
    where agent_id is not null
) rows
group by 2, 3, 4, 5, 6, 7
having sum(calls) <> 0
order by 2, 3, 4, 5, 6, 7
on conflict (tenant_id, campaign_id, agent_id, scope, width, bucket, callboard_key(code)) do update set
    calls = stored.calls + excluded.calls;

-- Adds rows to telesales_caller_ids. They are summed by the finest bucket first, which leaves few sums for every level and scope.
-- Agents multiply rows, so sums over all agents are made from sums by agent. They come as the key lies, which spares the index.
with fine as materialized ( -- without sums of entries that cancel each other out
    select *
    from (
        select r.campaign_id,
               r.agent_id as agent_id,
               r.quarter as bucket,
               r.cid collate "C" as cid,
               sum(r.weight * 1)::integer as calls,
               sum(r.weight * case when callboard_is_answer(r.result) then 1 else 0 end)::integer as answers,
               sum(r.weight * case when callboard_is_answer(r.result) and r.talk_sec < (select coalesce(
                   (
                       select n
                       from (
                           select case when s ~ '^[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)$' then s::numeric end
                           from (
                               select replace(settings ->> 'short_call_sec', '_', '')
                               from tenants
                               where id = $1
                           ) setting (s)
                       ) read (n)
                       where n between 0 and 3600
                   ),
                   10
               )) then 1 else 0 end)::integer as short,
               sum(r.weight * case when r.result = 'rejected' then 1 else 0 end)::integer as rejected,
               sum(r.weight * (r.talk_sec)::bigint)::bigint as talk_sec
        from (
            select *
            from telesales_calls_journal
            where tenant_id = $1
              and nullif(quarter >= (select callboard_quarter(callboard_complete_from($1))), false) is not null
        ) r
        where callboard_is_dial(r.result) and r.cid is not null
        group by 1, 2, 3, 4
    ) sums
    where calls <> 0
        or answers <> 0
        or short <> 0
        or rejected <> 0
        or talk_sec <> 0
), bare as (
    select campaign_id,
           null::bigint as agent_id,
           bucket,
           cid,
           sum(calls)::integer as calls,
           sum(answers)::integer as answers,
           sum(short)::integer as short,
           sum(rejected)::integer as rejected,
           sum(talk_sec)::bigint as talk_sec
    from fine
    group by 1, 3, 4
)
insert into telesales_caller_ids as stored (
    tenant_id,
    campaign_id,
    agent_id,
    scope,
    width,
    bucket,
    cid,
    calls,
    answers,
    short,
    rejected,
    talk_sec
)
select $1,
       case when scope in (0 /* campaign */, 2 /* agent_of_campaign */) then campaign_id else 0 end,
       coalesce(agent_id, 0),
       scope,
       width,
       callboard_bucket(bucket, width / 1),
       cid,
       sum(calls),
       sum(answers),
       sum(short),
       sum(rejected),
       sum(talk_sec)
from (
    select bare.*, level.*
    from bare
    cross join (values
        (0 /* campaign */, 4),
        (0 /* campaign */, 96),
        (1 /* account */, 1),
        (1 /* account */, 4),
        (1 /* account */, 96)
    ) as level (scope, width)
    union all
    select fine.*, level.*
    from fine
    cross join (values
        (2 /* agent_of_campaign */, 96),
        (3 /* agent */, 96)
    ) as level (scope, width)
    where agent_id is not null
) rows
group by 2, 3, 4, 5, 6, 7
having sum(calls) <> 0
    or sum(answers) <> 0
    or sum(short) <> 0
    or sum(rejected) <> 0
    or sum(talk_sec) <> 0
order by 2, 3, 4, 5, 6, 7
on conflict (tenant_id, campaign_id, agent_id, scope, width, bucket, callboard_key(cid)) do update set
    calls = stored.calls + excluded.calls,
    answers = stored.answers + excluded.answers,
    short = stored.short + excluded.short,
    rejected = stored.rejected + excluded.rejected,
    talk_sec = stored.talk_sec + excluded.talk_sec;

-- Adds rows to telesales_totals_by_source. They are summed by the finest bucket first, which leaves few sums for every level and scope.
-- Agents multiply rows, so sums over all agents are made from sums by agent. They come as the key lies, which spares the index.
with fine as materialized ( -- without sums of entries that cancel each other out
    select *
    from (
        select r.campaign_id,
               r.agent_id as agent_id,
               callboard_bucket(r.quarter, 4) as bucket,
               coalesce(lead.source, '(unknown)') collate "C" as source,
               sum(r.weight * case when callboard_is_dial(r.result) then 1 else 0 end)::integer as dials,
               sum(r.weight * case when callboard_is_answer(r.result) then 1 else 0 end)::integer as answers,
               sum(r.weight * case when r.result = 'abandoned' then 1 else 0 end)::integer as abandoned,
               sum(r.weight * case when r.result = 'blocked' then 1 else 0 end)::integer as blocked,
               sum(r.weight * case when r.result is null then 1 else 0 end)::integer as in_progress,
               sum(r.weight * case when callboard_is_dial(r.result) and r.disposition = any ((select callboard_conversions($1))::text[]) then 1 else 0 end)::integer as conversions,
               sum(r.weight * case when callboard_is_dial(r.result) then (r.talk_sec)::bigint else 0 end)::bigint as talk_sec,
               sum(r.weight * case when callboard_is_answer(r.result) then (r.talk_sec::bigint + r.wrap_sec)::bigint else 0 end)::bigint as handling_sec
        from (
            select *
            from telesales_calls_journal
            where tenant_id = $1
              and nullif(quarter >= (select callboard_quarter(callboard_complete_from($1))), false) is not null
        ) r
        left join lateral (
            select callboard_source(l.source) as source
            from telesales_leads l
            where l.tenant_id = $1
              and l.id = r.lead_id
            offset 0
        ) lead on true
        group by 1, 2, 3, 4
    ) sums
    where dials <> 0
        or answers <> 0
        or abandoned <> 0
        or blocked <> 0
        or in_progress <> 0
        or conversions <> 0
        or talk_sec <> 0
        or handling_sec <> 0
), bare as (
    select campaign_id,
           null::bigint as agent_id,
           bucket,
           source,
           sum(dials)::integer as dials,
           sum(answers)::integer as answers,
           sum(abandoned)::integer as abandoned,
           sum(blocked)::integer as blocked,
           sum(in_progress)::integer as in_progress,
           sum(conversions)::integer as conversions,
           sum(talk_sec)::bigint as talk_sec,
           sum(handling_sec)::bigint as handling_sec
    from fine
    group by 1, 3, 4
)
insert into telesales_totals_by_source as stored (
    tenant_id,
    campaign_id,
    agent_id,
    scope,
    width,
    bucket,
    source,
    dials,
    answers,
    abandoned,
    blocked,
    in_progress,
    conversions,
    talk_sec,
    handling_sec
)
select $1,
       case when scope in (0 /* campaign */, 2 /* agent_of_campaign */) then campaign_id else 0 end,
       coalesce(agent_id, 0),
       scope,
       width,
       callboard_bucket(bucket, width / 4),
       source,
       sum(dials),
       sum(answers),
       sum(abandoned),
       sum(blocked),
       sum(in_progress),
       sum(conversions),
       sum(talk_sec),
       sum(handling_sec)
from (
    select bare.*, level.*
    from bare
    cross join (values
        (0 /* campaign */, 4),
        (0 /* campaign */, 96),
        (1 /* account */, 4),
        (1 /* account */, 96)
    ) as level (scope, width)
    union all
    select fine.*, level.*
    from fine
    cross join (values
        (2 /* agent_of_campaign */, 96),
        (3 /* agent */, 96)
    ) as level (scope, width)
    where agent_id is not null
) rows
group by 2, 3, 4, 5, 6, 7
having sum(dials) <> 0
    or sum(answers) <> 0
    or sum(abandoned) <> 0
    or sum(blocked) <> 0
    or sum(in_progress) <> 0
    or sum(conversions) <> 0
    or sum(talk_sec) <> 0
    or sum(handling_sec) <> 0
order by 2, 3, 4, 5, 6, 7
on conflict (tenant_id, campaign_id, agent_id, scope, width, bucket, callboard_key(source)) do update set
    dials = stored.dials + excluded.dials,
    answers = stored.answers + excluded.answers,
    abandoned = stored.abandoned + excluded.abandoned,
    blocked = stored.blocked + excluded.blocked,
    in_progress = stored.in_progress + excluded.in_progress,
    conversions = stored.conversions + excluded.conversions,
    talk_sec = stored.talk_sec + excluded.talk_sec,
    handling_sec = stored.handling_sec + excluded.handling_sec;

-- Adds rows to telesales_dispositions_by_source. They are summed by the finest bucket first, which leaves few sums for every level and scope.
-- Agents multiply rows, so sums over all agents are made from sums by agent. They come as the key lies, which spares the index.
with fine as materialized ( -- without sums of entries that cancel each other out
    select *
    from (
        select r.campaign_id,
               r.agent_id as agent_id,
               callboard_bucket(r.quarter, 96) as bucket,
               r.disposition collate "C" as code,
               coalesce(lead.source, '(unknown)') collate "C" as source,
               sum(r.weight * 1)::integer as calls
        from (
            select *
            from telesales_calls_journal
            where tenant_id = $1
              and nullif(quarter >= (select callboard_quarter(callboard_complete_from($1))), false) is not null
        ) r
        left join lateral (
            select callboard_source(l.source) as source
            from telesales_leads l
            where l.tenant_id = $1
              and l.id = r.lead_id
            offset 0
        ) lead on true
        where r.disposition is not null
        group by 1, 2, 3, 4, 5
    ) sums
    where calls <> 0
), bare as (
    select campaign_id,
           null::bigint as agent_id,
           bucket,
           code,
           source,
           sum(calls)::integer as calls
    from fine
    group by 1, 3, 4, 5
)
insert into telesales_dispositions_by_source as stored (
    tenant_id,
    campaign_id,
    agent_id,
    scope,
    width,
    bucket,
    code,
    source,
    calls
)
select $1,
       case when scope in (0 /* campaign */, 2 /* agent_of_campaign */) then campaign_id else 0 end,
       coalesce(agent_id, 0),
       scope,
       width,
       callboard_bucket(bucket, width / 96),
       code,
       source,
       sum(calls)
from bare
cross join (values
    (0 /* campaign */, 96),
    (1 /* account */, 96)
) as level (scope, width)
group by 2, 3, 4, 5, 6, 7, 8
having sum(calls) <> 0
order by 2, 3, 4, 5, 6, 7, 8
on conflict (tenant_id, campaign_id, agent_id, scope, width, bucket, callboard_key(code), callboard_key(source)) do update set
    calls = stored.calls + excluded.calls;

-- Adds rows to telesales_totals_by_source. They are summed by the finest bucket first, which leaves few sums for every level and scope.
-- Agents multiply rows, so sums over all agents are made from sums by agent. They come as the key lies, which spares the index.
with fine as materialized ( -- without sums of entries that cancel each other out
    select *
    from (
        select r.campaign_id,
               r.agent_id as agent_id,
               callboard_bucket(r.quarter, 4) as bucket,
               coalesce(lead.source, '(unknown)') collate "C" as source,
               sum(r.weight * case when callboard_is_dial(r.result) then 1 else 0 end)::integer as dials,
               sum(r.weight * case when callboard_is_answer(r.result) then 1 else 0 end)::integer as answers,
               sum(r.weight * case when r.result = 'abandoned' then 1 else 0 end)::integer as abandoned,
               sum(r.weight * case when r.result = 'blocked' then 1 else 0 end)::integer as blocked,
               sum(r.weight * case when r.result is null then 1 else 0 end)::integer as in_progress,
               sum(r.weight * case when callboard_is_dial(r.result) and r.disposition = any ((select callboard_conversions($1))::text[]) then 1 else 0 end)::integer as conversions,
               sum(r.weight * case when callboard_is_dial(r.result) then (r.talk_sec)::bigint else 0 end)::bigint as talk_sec,
               sum(r.weight * case when callboard_is_answer(r.result) then (r.talk_sec::bigint + r.wrap_sec)::bigint else 0 end)::bigint as handling_sec
        from (
            with changed as materialized (
                select lead_id,
                       source,
                       sum(n)::integer as n
                from (
                    select l.id as lead_id,
                           callboard_source(l.source) as source,
                           l.weight as n
                    from telesales_leads_journal l
                    where l.tenant_id = $1
                    union all
                    select l.id,
                           '(unknown)',
                           -l.weight
                    from telesales_leads_journal l
                    where l.tenant_id = $1
                ) entries
                group by 1, 2
                having sum(n) <> 0
            )
            select changed.n as weight,
                   callboard_quarter(r.started_at) as quarter,
                   r.campaign_id,
                   r.lead_id,
                   r.started_at,
                   r.agent_id,
                   r.cid,
                   r.result,
                   r.talk_sec,
                   r.wrap_sec,
                   r.disposition,
                   changed.source
            from changed
            cross join lateral (
                select *
                from telesales_calls r
                where r.tenant_id = $1
                  and r.lead_id = changed.lead_id
                  and callboard_quarter(r.started_at) >= (select callboard_quarter(coalesce((select complete_from from tenants where id = $1), '-infinity')))
                offset 0
            ) r
            union all
            select -r.n * r.weight,
                   r.quarter,
                   r.campaign_id,
                   r.lead_id,
                   r.started_at,
                   r.agent_id,
                   r.cid,
                   r.result,
                   r.talk_sec,
                   r.wrap_sec,
                   r.disposition,
                   r.source
            from ( -- a full join, behind a fence: of journals that were never analyzed a nested loop would compare all with all
                select r.*,
                       changed.n,
                       changed.source
                from changed
                full join (
                    select *
                    from telesales_calls_journal
                    where tenant_id = $1
                      and quarter >= (select callboard_quarter(coalesce((select complete_from from tenants where id = $1), '-infinity')))
                ) r on r.lead_id = changed.lead_id
                offset 0
            ) r
            where r.n is not null
              and r.weight is not null
        ) r
        cross join lateral (select r.source) lead
        group by 1, 2, 3, 4
    ) sums
    where dials <> 0
        or answers <> 0
        or abandoned <> 0
        or blocked <> 0
        or in_progress <> 0
        or conversions <> 0
        or talk_sec <> 0
        or handling_sec <> 0
), bare as (
    select campaign_id,
           null::bigint as agent_id,
           bucket,
           source,
           sum(dials)::integer as dials,
           sum(answers)::integer as answers,
           sum(abandoned)::integer as abandoned,
           sum(blocked)::integer as blocked,
           sum(in_progress)::integer as in_progress,
           sum(conversions)::integer as conversions,
           sum(talk_sec)::bigint as talk_sec,
           sum(handling_sec)::bigint as handling_sec
    from fine
    group by 1, 3, 4
)
insert into telesales_totals_by_source as stored (
    tenant_id,
    campaign_id,
    agent_id,
    scope,
    width,
    bucket,
    source,
    dials,
    answers,
    abandoned,
    blocked,
    in_progress,
    conversions,
    talk_sec,
    handling_sec
)
select $1,
       case when scope in (0 /* campaign */, 2 /* agent_of_campaign */) then campaign_id else 0 end,
       coalesce(agent_id, 0),
       scope,
       width,
       callboard_bucket(bucket, width / 4),
       source,
       sum(dials),
       sum(answers),
       sum(abandoned),
       sum(blocked),
       sum(in_progress),
       sum(conversions),
       sum(talk_sec),
       sum(handling_sec)
from (
    select bare.*, level.*
    from bare
    cross join (values
        (0 /* campaign */, 4),
        (0 /* campaign */, 96),
        (1 /* account */, 4),
        (1 /* account */, 96)
    ) as level (scope, width)
    union all
    select fine.*, level.*
    from fine
    cross join (values
        (2 /* agent_of_campaign */, 96),
        (3 /* agent */, 96)
    ) as level (scope, width)
    where agent_id is not null
) rows
group by 2, 3, 4, 5, 6, 7
having sum(dials) <> 0
    or sum(answers) <> 0
    or sum(abandoned) <> 0
    or sum(blocked) <> 0
    or sum(in_progress) <> 0
    or sum(conversions) <> 0
    or sum(talk_sec) <> 0
    or sum(handling_sec) <> 0
order by 2, 3, 4, 5, 6, 7
on conflict (tenant_id, campaign_id, agent_id, scope, width, bucket, callboard_key(source)) do update set
    dials = stored.dials + excluded.dials,
    answers = stored.answers + excluded.answers,
    abandoned = stored.abandoned + excluded.abandoned,
    blocked = stored.blocked + excluded.blocked,
    in_progress = stored.in_progress + excluded.in_progress,
    conversions = stored.conversions + excluded.conversions,
    talk_sec = stored.talk_sec + excluded.talk_sec,
    handling_sec = stored.handling_sec + excluded.handling_sec;

-- Adds rows to telesales_dispositions_by_source. They are summed by the finest bucket first, which leaves few sums for every level and scope.
-- Agents multiply rows, so sums over all agents are made from sums by agent. They come as the key lies, which spares the index.
with fine as materialized ( -- without sums of entries that cancel each other out
    select *
    from (
        select r.campaign_id,
               r.agent_id as agent_id,
               callboard_bucket(r.quarter, 96) as bucket,
               r.disposition collate "C" as code,
               coalesce(lead.source, '(unknown)') collate "C" as source,
               sum(r.weight * 1)::integer as calls
        from (
            with changed as materialized (
                select lead_id,
                       source,
                       sum(n)::integer as n
                from (
                    select l.id as lead_id,
                           callboard_source(l.source) as source,
                           l.weight as n
                    from telesales_leads_journal l
                    where l.tenant_id = $1
                    union all
                    select l.id,
                           '(unknown)',
                           -l.weight
                    from telesales_leads_journal l
                    where l.tenant_id = $1
                ) entries
                group by 1, 2
                having sum(n) <> 0
            )
            select changed.n as weight,
                   callboard_quarter(r.started_at) as quarter,
                   r.campaign_id,
                   r.lead_id,
                   r.started_at,
                   r.agent_id,
                   r.cid,
                   r.result,
                   r.talk_sec,
                   r.wrap_sec,
                   r.disposition,
                   changed.source
            from changed
            cross join lateral (
                select *
                from telesales_calls r
                where r.tenant_id = $1
                  and r.lead_id = changed.lead_id
                  and callboard_quarter(r.started_at) >= (select callboard_quarter(coalesce((select complete_from from tenants where id = $1), '-infinity')))
                offset 0
            ) r
            union all
            select -r.n * r.weight,
                   r.quarter,
                   r.campaign_id,
                   r.lead_id,
                   r.started_at,
                   r.agent_id,
                   r.cid,
                   r.result,
                   r.talk_sec,
                   r.wrap_sec,
                   r.disposition,
                   r.source
            from ( -- a full join, behind a fence: of journals that were never analyzed a nested loop would compare all with all
                select r.*,
                       changed.n,
                       changed.source
                from changed
                full join (
                    select *
                    from telesales_calls_journal
                    where tenant_id = $1
                      and quarter >= (select callboard_quarter(coalesce((select complete_from from tenants where id = $1), '-infinity')))
                ) r on r.lead_id = changed.lead_id
                offset 0
            ) r
            where r.n is not null
              and r.weight is not null
        ) r
        cross join lateral (select r.source) lead
        where r.disposition is not null
        group by 1, 2, 3, 4, 5
    ) sums
    where calls <> 0
), bare as (
    select campaign_id,
           null::bigint as agent_id,
           bucket,
           code,
           source,
           sum(calls)::integer as calls
    from fine
    group by 1, 3, 4, 5
)
insert into telesales_dispositions_by_source as stored (
    tenant_id,
    campaign_id,
    agent_id,
    scope,
    width,
    bucket,
    code,
    source,
    calls
)
select $1,
       case when scope in (0 /* campaign */, 2 /* agent_of_campaign */) then campaign_id else 0 end,
       coalesce(agent_id, 0),
       scope,
       width,
       callboard_bucket(bucket, width / 96),
       code,
       source,
       sum(calls)
from bare
cross join (values
    (0 /* campaign */, 96),
    (1 /* account */, 96)
) as level (scope, width)
group by 2, 3, 4, 5, 6, 7, 8
having sum(calls) <> 0
order by 2, 3, 4, 5, 6, 7, 8
on conflict (tenant_id, campaign_id, agent_id, scope, width, bucket, callboard_key(code), callboard_key(source)) do update set
    calls = stored.calls + excluded.calls;

-- Adds rows to telesales_lead_totals. They are summed by the finest bucket first, which leaves few sums for every level and scope.
-- Agents multiply rows, so sums over all agents are made from sums by agent. They come as the key lies, which spares the index.
with fine as materialized ( -- without sums of entries that cancel each other out
    select *
    from (
        select r.campaign_id,
               null::bigint as agent_id,
               r.quarter as bucket,
               sum(r.weight * 1)::integer as leads
        from (
            select *
            from telesales_leads_journal
            where tenant_id = $1
              and nullif(quarter >= (select callboard_quarter(callboard_complete_from($1))), false) is not null
        ) r
        group by 1, 2, 3
    ) sums
    where leads <> 0
), bare as (
    select campaign_id,
           null::bigint as agent_id,
           bucket,
           sum(leads)::integer as leads
    from fine
    group by 1, 3
)
insert into telesales_lead_totals as stored (
    tenant_id,
    campaign_id,
    agent_id,
    scope,
    width,
    bucket,
    leads
)
select $1,
       case when scope in (0 /* campaign */, 2 /* agent_of_campaign */) then campaign_id else 0 end,
       coalesce(agent_id, 0),
       scope,
       width,
       callboard_bucket(bucket, width / 1),
       sum(leads)
from bare
cross join (values
    (0 /* campaign */, 1),
    (0 /* campaign */, 4),
    (0 /* campaign */, 96),
    (1 /* account */, 1),
    (1 /* account */, 4),
    (1 /* account */, 96)
) as level (scope, width)
group by 2, 3, 4, 5, 6
having sum(leads) <> 0
order by 2, 3, 4, 5, 6
on conflict (tenant_id, campaign_id, agent_id, scope, width, bucket) do update set
    leads = stored.leads + excluded.leads;

-- Adds rows to telesales_lead_sources. They are summed by the finest bucket first, which leaves few sums for every level and scope.
-- Agents multiply rows, so sums over all agents are made from sums by agent. They come as the key lies, which spares the index.
with fine as materialized ( -- without sums of entries that cancel each other out
    select *
    from (
        select r.campaign_id,
               null::bigint as agent_id,
               r.quarter as bucket,
               callboard_source(r.source) collate "C" as source,
               sum(r.weight * 1)::integer as leads
        from (
            select *
            from telesales_leads_journal
            where tenant_id = $1
              and nullif(quarter >= (select callboard_quarter(callboard_complete_from($1))), false) is not null
        ) r
        group by 1, 2, 3, 4
    ) sums
    where leads <> 0
), bare as (
    select campaign_id,
           null::bigint as agent_id,
           bucket,
           source,
           sum(leads)::integer as leads
    from fine
    group by 1, 3, 4
)
insert into telesales_lead_sources as stored (
    tenant_id,
    campaign_id,
    agent_id,
    scope,
    width,
    bucket,
    source,
    leads
)
select $1,
       case when scope in (0 /* campaign */, 2 /* agent_of_campaign */) then campaign_id else 0 end,
       coalesce(agent_id, 0),
       scope,
       width,
       callboard_bucket(bucket, width / 1),
       source,
       sum(leads)
from bare
cross join (values
    (0 /* campaign */, 4),
    (0 /* campaign */, 96),
    (1 /* account */, 1),
    (1 /* account */, 4),
    (1 /* account */, 96)
) as level (scope, width)
group by 2, 3, 4, 5, 6, 7
having sum(leads) <> 0
order by 2, 3, 4, 5, 6, 7
on conflict (tenant_id, campaign_id, agent_id, scope, width, bucket, callboard_key(source)) do update set
    leads = stored.leads + excluded.leads;

-- Adds changes to telesales_links, while the trail still records what they were made of.
with changes as materialized ( -- the journal by lead and hour
    select s.scope,
           case when s.scope = 0 /* campaign */ then r.campaign_id else 0 end as campaign_id,
           r.lead_id,
           r.hour,
           r.stages,
           sum(r.n) as n
    from (
        select r.campaign_id,
               r.lead_id,
               callboard_bucket(r.quarter, 4) as hour,
               (
                   case when callboard_is_dial(r.result) then 1 else 0 end
                   + case when callboard_is_answer(r.result) then 2 else 0 end
                   + case when callboard_is_dial(r.result) and r.talk_sec > 30 then 4 else 0 end
                   + case when callboard_is_dial(r.result) and r.disposition is not null then 8 else 0 end
                   + case when callboard_is_dial(r.result) and r.disposition = any ((select callboard_conversions($1))::text[]) then 16 else 0 end
               )::smallint as stages,
               sum(r.weight) as n
        from (
            select *
            from telesales_calls_journal
            where tenant_id = $1
              and nullif(quarter >= (select callboard_quarter(callboard_complete_from($1))), false) is not null
        ) r
        group by 1, 2, 3, 4
        having sum(r.weight) <> 0
    ) r
    cross join (values (0 /* campaign */), (1 /* account */)) s (scope)
    group by 1, 2, 3, 4, 5
), hours as materialized ( -- hours in which a lead reached other stages before than after
    select scope,
           campaign_id,
           lead_id,
           hour,
           coalesce(bit_or(stages) filter (where before > 0), 0) as before,
           coalesce(bit_or(stages) filter (where after > 0), 0) as after
    from (
        select scope,
               campaign_id,
               lead_id,
               hour,
               stages,
               sum(n) filter (where is_stored) as before,
               sum(n) as after
        from (
            select *, false as is_stored
            from changes
            union all
            select h.scope, h.campaign_id, h.lead_id, h.hour, t.stages, t.n, true
            from (select distinct scope, campaign_id, lead_id, hour from changes) h
            cross join lateral (
                select t.stages, t.n
                from telesales_trail t
                where t.tenant_id = $1
                  and t.lead_id = h.lead_id
                  and t.hour = h.hour
                  and (h.scope = 1 /* account */ or t.campaign_id = h.campaign_id)
                offset 0
            ) t
        ) parts
        group by 1, 2, 3, 4, 5
    ) rows
    group by 1, 2, 3, 4
    having coalesce(bit_or(stages) filter (where before > 0), 0)
        <> coalesce(bit_or(stages) filter (where after > 0), 0)
), nodes as ( -- with the nearest hours on either side that have the stage: pairs between others stay as they are
    select scope,
           campaign_id,
           lead_id,
           hour,
           coalesce(bit_or(before) filter (where is_changed), bit_or(before)) as before,
           coalesce(bit_or(after) filter (where is_changed), bit_or(after)) as after
    from (
        select *, true as is_changed
        from hours
        union all
        select h.scope, h.campaign_id, h.lead_id, t.hour, b.stage, b.stage, false
        from hours h
        cross join (values (1), (2), (4), (8), (16)) b (stage)
        cross join lateral (
            (
                select t.hour
                from telesales_trail t
                where t.tenant_id = $1
                  and t.lead_id = h.lead_id
                  and t.hour < h.hour
                  and (h.scope = 1 /* account */ or t.campaign_id = h.campaign_id)
                  and t.stages & b.stage <> 0
                order by t.hour desc
                limit 1
            )
            union all
            (
                select t.hour
                from telesales_trail t
                where t.tenant_id = $1
                  and t.lead_id = h.lead_id
                  and t.hour > h.hour
                  and (h.scope = 1 /* account */ or t.campaign_id = h.campaign_id)
                  and t.stages & b.stage <> 0
                order by t.hour
                limit 1
            )
        ) t
        where (h.before # h.after) & b.stage <> 0
    ) parts
    group by 1, 2, 3, 4
), versions as ( -- before (-1) and after (1)
    select v.version,
           n.scope,
           n.campaign_id,
           n.lead_id,
           n.hour,
           v.stages
    from nodes n
    cross join lateral (values (-1, n.before), (1, n.after)) v (version, stages)
    where v.stages <> 0
),
chains as ( -- each hour of a lead with the last hour before it in each stage
    select version,
           scope,
           campaign_id,
           hour,
           stages,
           max(hour) filter (where stages & 1 <> 0) over earlier as dialed,
           max(hour) filter (where stages & 2 <> 0) over earlier as connected,
           max(hour) filter (where stages & 4 <> 0) over earlier as talked,
           max(hour) filter (where stages & 8 <> 0) over earlier as disposed,
           max(hour) filter (where stages & 16 <> 0) over earlier as converted
    from versions
    window earlier as (
        partition by version, scope, campaign_id, lead_id
        order by hour
        rows between unbounded preceding and 1 preceding
    )
), linked as ( -- from each hour to itself, then from the last hour before to it
    select scope,
           campaign_id,
           hour as earlier,
           hour as later,
           sum(case when stages & 1 <> 0 then version else 0 end)::integer as dialed,
           sum(case when stages & 2 <> 0 then version else 0 end)::integer as connected,
           sum(case when stages & 4 <> 0 then version else 0 end)::integer as talked,
           sum(case when stages & 8 <> 0 then version else 0 end)::integer as disposed,
           sum(case when stages & 16 <> 0 then version else 0 end)::integer as converted
    from chains
    group by 1, 2, 3
    union all
    select scope,
           campaign_id,
           b.earlier,
           hour,
           -sum(case when b.stage = 1 then version else 0 end)::integer,
           -sum(case when b.stage = 2 then version else 0 end)::integer,
           -sum(case when b.stage = 4 then version else 0 end)::integer,
           -sum(case when b.stage = 8 then version else 0 end)::integer,
           -sum(case when b.stage = 16 then version else 0 end)::integer
    from chains
    cross join lateral (values
        (1, dialed),
        (2, connected),
        (4, talked),
        (8, disposed),
        (16, converted)
    ) b (stage, earlier)
    where b.earlier is not null
      and stages & b.stage <> 0
    group by 1, 2, 3, 4
)
insert into telesales_links as stored (
    tenant_id,
    campaign_id,
    scope,
    width,
    later_width,
    bucket,
    later_bucket,
    dialed,
    connected,
    talked,
    disposed,
    converted
)
select $1,
       campaign_id,
       scope,
       w.width,
       v.width,
       callboard_bucket(earlier, w.width / 4),
       callboard_bucket(later, v.width / 4),
       sum(dialed),
       sum(connected),
       sum(talked),
       sum(disposed),
       sum(converted)
from linked
cross join (values (4), (96)) w (width)
cross join (values (4), (96)) v (width)
group by 2, 3, 4, 5, 6, 7
having sum(dialed) <> 0
    or sum(connected) <> 0
    or sum(talked) <> 0
    or sum(disposed) <> 0
    or sum(converted) <> 0
order by 2, 3, 4, 5, 6, 7
on conflict (tenant_id, campaign_id, scope, width, later_width, bucket, later_bucket) do update set
    dialed = stored.dialed + excluded.dialed,
    connected = stored.connected + excluded.connected,
    talked = stored.talked + excluded.talked,
    disposed = stored.disposed + excluded.disposed,
    converted = stored.converted + excluded.converted;

-- Adds changes to the links of lead sources. For the journal, it runs before the trail of calls is updated; in a rebuild,
-- after the trail is built.
with calls as materialized ( -- changes of calls by lead and hour
    select r.campaign_id,
           r.lead_id,
           callboard_bucket(r.quarter, 4) as hour,
           (
               case when callboard_is_dial(r.result) then 1 else 0 end
               + case when callboard_is_answer(r.result) then 2 else 0 end
               + case when callboard_is_dial(r.result) and r.talk_sec > 30 then 4 else 0 end
               + case when callboard_is_dial(r.result) and r.disposition is not null then 8 else 0 end
               + case when callboard_is_dial(r.result) and r.disposition = any ((select callboard_conversions($1))::text[]) then 16 else 0 end
           )::smallint & 19 as stages,
           sum(r.weight) as n
    from (
        select *
        from telesales_calls_journal
        where tenant_id = $1
          and nullif(quarter >= (select callboard_quarter(callboard_complete_from($1))), false) is not null
    ) r
    group by 1, 2, 3, 4
    having sum(r.weight) <> 0
), entries as materialized ( -- changes of leads
    select r.id as lead_id,
           r.campaign_id,
           callboard_bucket(r.quarter, 4) as created,
           callboard_source(r.source) collate "C" as source,
           sum(r.weight) as n
    from (
        select *
        from telesales_leads_journal
        where tenant_id = $1
          and nullif(quarter >= (select callboard_quarter(callboard_complete_from($1))), false) is not null
    ) r
    group by 1, 2, 3, 4
    having sum(r.weight) <> 0
), touched as materialized ( -- leads with the stages to recount
    select lead_id, bit_or(stages) as stages, max(hours) as hours
    from (
        select lead_id, 19 as stages, '{}'::integer[] as hours
        from entries
        union all
        -- Changes after an hour of the same stage since the creation are not the first: such stages stay as they are.
        -- A few rows tell for most leads; a stage not among them is recounted.
        select c.lead_id, c.stages & ~coalesce(known.stages, 0), c.hours
        from (
            select lead_id,
                   min(hour) as first,
                   bit_or(stages) as stages,
                   array_agg(distinct hour) as hours
            from calls
            where stages <> 0
            group by lead_id
        ) c
        cross join lateral (
            select bit_or(t.stages) as stages
            from (
                select t.stages
                from telesales_leads l
                join telesales_trail t on t.tenant_id = $1
                    and t.lead_id = c.lead_id
                    and t.hour >= callboard_bucket(callboard_quarter(l.created_at), 4)
                    and t.hour < c.first
                    and t.campaign_id = l.campaign_id
                where l.tenant_id = $1 and l.id = c.lead_id
                limit 16
            ) t
        ) known
    ) parts
    group by lead_id
    having bit_or(stages) <> 0
), leads as materialized ( -- before and after
    select lead_id,
           campaign_id,
           created,
           source,
           max(stages) as stages,
           max(hours) as hours,
           sum(was) as was,
           sum(is_now) as is_now
    from (
        select t.lead_id,
               l.campaign_id,
               callboard_bucket(callboard_quarter(l.created_at), 4) as created,
               callboard_source(l.source) collate "C" as source,
               t.stages,
               t.hours,
               1 as was,
               1 as is_now
        from touched t
        cross join lateral (
            select l.campaign_id, l.created_at, l.source
            from telesales_leads l
            where l.tenant_id = $1
              and l.id = t.lead_id
            offset 0
        ) l
        union all
        select e.lead_id, e.campaign_id, e.created, e.source, e.stages, e.hours, -e.n, 0
        from (
            select *
            from entries
            full join touched using (lead_id)
            offset 0
        ) e
        where e.n is not null
    ) parts
    group by 1, 2, 3, 4
    having sum(was) > 0 or sum(is_now) > 0
), hours as ( -- changed hours of these leads
    select lead_id,
           campaign_id,
           hour,
           stages,
           coalesce(sum(n) filter (where is_stored), 0) > 0 as was,
           sum(n) > 0 as is_now
    from (
        select c.lead_id, c.campaign_id, c.hour, c.stages, c.n, false as is_stored
        from (
            select *
            from calls
            full join (select distinct lead_id, true as is_touched from leads) l using (lead_id)
            offset 0
        ) c
        where c.n is not null and c.is_touched
        union all
        select h.lead_id, t.campaign_id, h.hour, t.stages & 19, t.n, true
        from (select distinct lead_id, unnest(hours) as hour from leads) h
        cross join lateral (
            select t.campaign_id, t.stages, t.n
            from telesales_trail t
            where t.tenant_id = $1
              and t.lead_id = h.lead_id
              and t.hour = h.hour
            offset 0
        ) t
    ) parts
    group by 1, 2, 3, 4
), reached as ( -- changed hours, and on either side of the creation the nearest hour that did not change
    select l.lead_id, l.campaign_id, l.created, l.source, l.was, l.is_now,
           s.scope, b.stage, l.hour, l.had, l.has
    from (
        select l.*, h.hour, h.campaign_id as called, h.stages as reached, h.was as had, h.is_now as has
        from leads l
        full join hours h on h.lead_id = l.lead_id
        offset 0
    ) l
    cross join (values (0 /* campaign */), (1 /* account */)) s (scope)
    cross join (values (1), (2), (16)) b (stage)
    where l.stages & b.stage <> 0
      and l.reached & b.stage <> 0
      and (s.scope = 1 /* account */ or l.called = l.campaign_id)
    union all
    select l.lead_id, l.campaign_id, l.created, l.source, l.was, l.is_now,
           s.scope, b.stage, t.hour, true, true
    from leads l
    cross join (values (0 /* campaign */), (1 /* account */)) s (scope)
    cross join (values (1), (2), (16)) b (stage)
    cross join lateral (
        (
            select t.hour
            from telesales_trail t
            where t.tenant_id = $1
              and t.lead_id = l.lead_id
              and t.hour >= l.created
              and (s.scope = 1 /* account */ or t.campaign_id = l.campaign_id)
              and t.stages & b.stage <> 0
              and t.hour <> all (l.hours)
            order by t.hour
            limit 1
        )
        union all
        (
            select t.hour
            from telesales_trail t
            where t.tenant_id = $1
              and t.lead_id = l.lead_id
              and t.hour < l.created
              and (s.scope = 1 /* account */ or t.campaign_id = l.campaign_id)
              and t.stages & b.stage <> 0
              and t.hour <> all (l.hours)
            order by t.hour desc
            limit 1
        )
    ) t
    where l.stages & b.stage <> 0
), nearest as ( -- of each lead in each stage: the first hour from its creation on, the last hour before
    select v.version,
           scope,
           case when scope = 0 /* campaign */ then campaign_id else 0 end as campaign_id,
           source,
           stage,
           created,
           v.after,
           v.before
    from (
        select scope, campaign_id, source, stage, created, was, is_now,
               min(hour) filter (where had and hour >= created) as after_was,
               max(hour) filter (where had and hour < created) as before_was,
               min(hour) filter (where has and hour >= created) as after_is,
               max(hour) filter (where has and hour < created) as before_is
        from reached
        group by lead_id, scope, campaign_id, source, stage, created, was, is_now
    ) l
    cross join lateral (values
        (-was, after_was, before_was),
        (is_now, after_is, before_is)
    ) v (version, after, before)
    where v.version <> 0
),
pairs as (
    select scope, campaign_id, source, stage, created as earlier, after as later, version as weight
    from nearest
    where after is not null
    union all
    select scope, campaign_id, source, stage, before, created, version
    from nearest
    where before is not null
    union all
    select scope, campaign_id, source, stage, before, after, -version
    from nearest
    where before is not null and after is not null
)
insert into telesales_source_links as stored (
    tenant_id,
    campaign_id,
    scope,
    width,
    later_width,
    bucket,
    later_bucket,
    source,
    dialed,
    connected,
    converted
)
select $1,
       campaign_id,
       scope,
       w.width,
       v.width,
       callboard_bucket(earlier, w.width / 4),
       callboard_bucket(later, v.width / 4),
       source,
       coalesce(sum(weight) filter (where stage = 1), 0),
       coalesce(sum(weight) filter (where stage = 2), 0),
       coalesce(sum(weight) filter (where stage = 16), 0)
from pairs
cross join (values (4), (96)) w (width)
cross join (values (4), (96)) v (width)
group by 2, 3, 4, 5, 6, 7, 8
having coalesce(sum(weight) filter (where stage = 1), 0) <> 0
    or coalesce(sum(weight) filter (where stage = 2), 0) <> 0
    or coalesce(sum(weight) filter (where stage = 16), 0) <> 0
order by 2, 3, 4, 5, 6, 7
on conflict (tenant_id, campaign_id, scope, width, later_width, bucket, later_bucket, callboard_key(source)) do update set
    dialed = stored.dialed + excluded.dialed,
    connected = stored.connected + excluded.connected,
    converted = stored.converted + excluded.converted;

-- Brings telesales_trail up to date with the links.
insert into telesales_trail as stored (tenant_id, campaign_id, lead_id, hour, stages, n)
select $1,
       campaign_id,
       lead_id,
       hour,
       stages,
       sum(weight)
from (
    select r.campaign_id,
           r.lead_id,
           callboard_bucket(r.quarter, 4) as hour,
           (
               case when callboard_is_dial(r.result) then 1 else 0 end
               + case when callboard_is_answer(r.result) then 2 else 0 end
               + case when callboard_is_dial(r.result) and r.talk_sec > 30 then 4 else 0 end
               + case when callboard_is_dial(r.result) and r.disposition is not null then 8 else 0 end
               + case when callboard_is_dial(r.result) and r.disposition = any ((select callboard_conversions($1))::text[]) then 16 else 0 end
           )::smallint as stages,
           r.weight
    from (
        select *
        from telesales_calls_journal
        where tenant_id = $1
          and nullif(quarter >= (select callboard_quarter(callboard_complete_from($1))), false) is not null
    ) r
) r
where stages <> 0
group by campaign_id, lead_id, hour, stages
having sum(weight) <> 0
order by lead_id, hour, campaign_id, stages
on conflict (tenant_id, lead_id, hour, campaign_id, stages) do update set
    n = stored.n + excluded.n;

delete from telesales_trail t
using (
    select distinct
        campaign_id,
        lead_id,
        callboard_bucket(r.quarter, 4) as hour
    from (
        select *
        from telesales_calls_journal
        where tenant_id = $1
          and nullif(quarter >= (select callboard_quarter(callboard_complete_from($1))), false) is not null
    ) r
    where r.weight < 0
) r
where t.tenant_id = $1
  and t.campaign_id = r.campaign_id
  and t.lead_id = r.lead_id
  and t.hour = r.hour
  and t.n <= 0;

delete from telesales_calls_journal
where tenant_id = $1;

delete from telesales_leads_journal
where tenant_id = $1;

----------------------------------------------------------------------------------------------------------------------
-- Compaction of telesales: rebuild of the campaigns $2
----------------------------------------------------------------------------------------------------------------------

-- Deletes the sums of a rebuild. What lies before the account's complete-from stays; the buckets that this divides are made
-- of both (kept.sql).
delete from telesales_totals
where tenant_id = $1
  and scope in (0 /* campaign */, 2 /* agent_of_campaign */)
  and campaign_id = any ($2)
  and (bucket + 1) * width > (select callboard_quarter(callboard_complete_from($1)));

-- Deletes the sums of a rebuild. What lies before the account's complete-from stays; the buckets that this divides are made
-- of both (kept.sql).
delete from telesales_dispositions
where tenant_id = $1
  and scope in (0 /* campaign */, 2 /* agent_of_campaign */)
  and campaign_id = any ($2)
  and (bucket + 1) * width > (select callboard_quarter(callboard_complete_from($1)));

-- Deletes the sums of a rebuild. What lies before the account's complete-from stays; the buckets that this divides are made
-- of both (kept.sql).
delete from telesales_caller_ids
where tenant_id = $1
  and scope in (0 /* campaign */, 2 /* agent_of_campaign */)
  and campaign_id = any ($2)
  and (bucket + 1) * width > (select callboard_quarter(callboard_complete_from($1)));

-- Deletes the sums of a rebuild. What lies before the account's complete-from stays; the buckets that this divides are made
-- of both (kept.sql).
delete from telesales_totals_by_source
where tenant_id = $1
  and scope in (0 /* campaign */, 2 /* agent_of_campaign */)
  and campaign_id = any ($2)
  and (bucket + 1) * width > (select callboard_quarter(callboard_complete_from($1)));

-- Deletes the sums of a rebuild. What lies before the account's complete-from stays; the buckets that this divides are made
-- of both (kept.sql).
delete from telesales_dispositions_by_source
where tenant_id = $1
  and scope in (0 /* campaign */, 2 /* agent_of_campaign */)
  and campaign_id = any ($2)
  and (bucket + 1) * width > (select callboard_quarter(callboard_complete_from($1)));

delete from telesales_trail
where tenant_id = $1
and campaign_id = any ($2);

delete from telesales_links
where tenant_id = $1
  and scope in (0 /* campaign */, 2 /* agent_of_campaign */)
  and campaign_id = any ($2);

-- Deletes the sums of a rebuild. What lies before the account's complete-from stays; the buckets that this divides are made
-- of both (kept.sql).
delete from telesales_lead_totals
where tenant_id = $1
  and scope in (0 /* campaign */, 2 /* agent_of_campaign */)
  and campaign_id = any ($2)
  and (bucket + 1) * width > (select callboard_quarter(callboard_complete_from($1)));

-- Deletes the sums of a rebuild. What lies before the account's complete-from stays; the buckets that this divides are made
-- of both (kept.sql).
delete from telesales_lead_sources
where tenant_id = $1
  and scope in (0 /* campaign */, 2 /* agent_of_campaign */)
  and campaign_id = any ($2)
  and (bucket + 1) * width > (select callboard_quarter(callboard_complete_from($1)));

delete from telesales_source_links
where tenant_id = $1
  and scope in (0 /* campaign */, 2 /* agent_of_campaign */)
  and campaign_id = any ($2);

-- Adds rows to telesales_totals. They are summed by the finest bucket first, which leaves few sums for every level and scope.
-- Agents multiply rows, so sums over all agents are made from sums by agent. They come as the key lies, which spares the index.
with fine as materialized ( -- without sums of entries that cancel each other out
    select *
    from (
        select r.campaign_id,
               r.agent_id as agent_id,
               r.quarter as bucket,
               sum(r.weight * case when callboard_is_dial(r.result) then 1 else 0 end)::integer as dials,
               sum(r.weight * case when callboard_is_answer(r.result) then 1 else 0 end)::integer as answers,
               sum(r.weight * case when r.result = 'abandoned' then 1 else 0 end)::integer as abandoned,
               sum(r.weight * case when r.result = 'blocked' then 1 else 0 end)::integer as blocked,
               sum(r.weight * case when r.result is null then 1 else 0 end)::integer as in_progress,
               sum(r.weight * case when callboard_is_dial(r.result) and r.disposition = any ((select callboard_conversions($1))::text[]) then 1 else 0 end)::integer as conversions,
               sum(r.weight * case when callboard_is_dial(r.result) then (r.talk_sec)::bigint else 0 end)::bigint as talk_sec,
               sum(r.weight * case when callboard_is_answer(r.result) then (r.talk_sec::bigint + r.wrap_sec)::bigint else 0 end)::bigint as handling_sec
        from (
            select tenant_id,
                   1 as weight,
                   callboard_quarter(started_at) as quarter,
                   campaign_id,
                   lead_id,
                   started_at,
                   agent_id,
                   cid,
                   result,
                   talk_sec,
                   wrap_sec,
                   disposition
            from telesales_calls
            where tenant_id = $1
            and campaign_id = any ($2)
            and nullif(callboard_quarter(started_at) >= (select callboard_quarter(callboard_complete_from($1))), false) is not null
        ) r
        group by 1, 2, 3
    ) sums
    where dials <> 0
        or answers <> 0
        or abandoned <> 0
        or blocked <> 0
        or in_progress <> 0
        or conversions <> 0
        or talk_sec <> 0
        or handling_sec <> 0
), bare as (
    select campaign_id,
           null::bigint as agent_id,
           bucket,
           sum(dials)::integer as dials,
           sum(answers)::integer as answers,
           sum(abandoned)::integer as abandoned,
           sum(blocked)::integer as blocked,
           sum(in_progress)::integer as in_progress,
           sum(conversions)::integer as conversions,
           sum(talk_sec)::bigint as talk_sec,
           sum(handling_sec)::bigint as handling_sec
    from fine
    group by 1, 3
)
insert into telesales_totals as stored (
    tenant_id,
    campaign_id,
    agent_id,
    scope,
    width,
    bucket,
    dials,
    answers,
    abandoned,
    blocked,
    in_progress,
    conversions,
    talk_sec,
    handling_sec
)
select $1,
       case when scope in (0 /* campaign */, 2 /* agent_of_campaign */) then campaign_id else 0 end,
       coalesce(agent_id, 0),
       scope,
       width,
       callboard_bucket(bucket, width / 1),
       sum(dials),
       sum(answers),
       sum(abandoned),
       sum(blocked),
       sum(in_progress),
       sum(conversions),
       sum(talk_sec),
       sum(handling_sec)
from (
    select bare.*, level.*
    from bare
    cross join (values
        (0 /* campaign */, 1),
        (0 /* campaign */, 4),
        (0 /* campaign */, 96)
    ) as level (scope, width)
    union all
    select fine.*, level.*
    from fine
    cross join (values
        (2 /* agent_of_campaign */, 4),
        (2 /* agent_of_campaign */, 96)
    ) as level (scope, width)
    where agent_id is not null
) rows
group by 2, 3, 4, 5, 6
having sum(dials) <> 0
    or sum(answers) <> 0
    or sum(abandoned) <> 0
    or sum(blocked) <> 0
    or sum(in_progress) <> 0
    or sum(conversions) <> 0
    or sum(talk_sec) <> 0
    or sum(handling_sec) <> 0
order by 2, 3, 4, 5, 6
;

-- Adds rows to telesales_dispositions. They are summed by the finest bucket first, which leaves few sums for every level and scope.
-- Agents multiply rows, so sums over all agents are made from sums by agent. They come as the key lies, which spares the index.
with fine as materialized ( -- without sums of entries that cancel each other out
    select *
    from (
        select r.campaign_id,
               r.agent_id as agent_id,
               callboard_bucket(r.quarter, 4) as bucket,
               r.disposition collate "C" as code,
               sum(r.weight * 1)::integer as calls
        from (
            select tenant_id,
                   1 as weight,
                   callboard_quarter(started_at) as quarter,
                   campaign_id,
                   lead_id,
                   started_at,
                   agent_id,
                   cid,
                   result,
                   talk_sec,
                   wrap_sec,
                   disposition
            from telesales_calls
            where tenant_id = $1
            and campaign_id = any ($2)
            and nullif(callboard_quarter(started_at) >= (select callboard_quarter(callboard_complete_from($1))), false) is not null
        ) r
        where r.disposition is not null
        group by 1, 2, 3, 4
    ) sums
    where calls <> 0
), bare as (
    select campaign_id,
           null::bigint as agent_id,
           bucket,
           code,
           sum(calls)::integer as calls
    from fine
    group by 1, 3, 4
)
insert into telesales_dispositions as stored (
    tenant_id,
    campaign_id,
    agent_id,
    scope,
    width,
    bucket,
    code,
    calls
)
select $1,
       case when scope in (0 /* campaign */, 2 /* agent_of_campaign */) then campaign_id else 0 end,
       coalesce(agent_id, 0),
       scope,
       width,
       callboard_bucket(bucket, width / 4),
       code,
       sum(calls)
from (
    select bare.*, level.*
    from bare
    cross join (values
        (0 /* campaign */, 4),
        (0 /* campaign */, 96)
    ) as level (scope, width)
    union all
    select fine.*, level.*
    from fine
    cross join (values
        (2 /* agent_of_campaign */, 96)
    ) as level (scope, width)
    where agent_id is not null
) rows
group by 2, 3, 4, 5, 6, 7
having sum(calls) <> 0
order by 2, 3, 4, 5, 6, 7
;

-- Adds rows to telesales_caller_ids. They are summed by the finest bucket first, which leaves few sums for every level and scope.
-- Agents multiply rows, so sums over all agents are made from sums by agent. They come as the key lies, which spares the index.
with fine as materialized ( -- without sums of entries that cancel each other out
    select *
    from (
        select r.campaign_id,
               r.agent_id as agent_id,
               callboard_bucket(r.quarter, 4) as bucket,
               r.cid collate "C" as cid,
               sum(r.weight * 1)::integer as calls,
               sum(r.weight * case when callboard_is_answer(r.result) then 1 else 0 end)::integer as answers,
               sum(r.weight * case when callboard_is_answer(r.result) and r.talk_sec < (select coalesce(
                   (
                       select n
                       from (
                           select case when s ~ '^[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)$' then s::numeric end
                           from (
                               select replace(settings ->> 'short_call_sec', '_', '')
                               from tenants
                               where id = $1
                           ) setting (s)
                       ) read (n)
                       where n between 0 and 3600
                   ),
                   10
               )) then 1 else 0 end)::integer as short,
               sum(r.weight * case when r.result = 'rejected' then 1 else 0 end)::integer as rejected,
               sum(r.weight * (r.talk_sec)::bigint)::bigint as talk_sec
        from (
            select tenant_id,
                   1 as weight,
                   callboard_quarter(started_at) as quarter,
                   campaign_id,
                   lead_id,
                   started_at,
                   agent_id,
                   cid,
                   result,
                   talk_sec,
                   wrap_sec,
                   disposition
            from telesales_calls
            where tenant_id = $1
            and campaign_id = any ($2)
            and nullif(callboard_quarter(started_at) >= (select callboard_quarter(callboard_complete_from($1))), false) is not null
        ) r
        where callboard_is_dial(r.result) and r.cid is not null
        group by 1, 2, 3, 4
    ) sums
    where calls <> 0
        or answers <> 0
        or short <> 0
        or rejected <> 0
        or talk_sec <> 0
), bare as (
    select campaign_id,
           null::bigint as agent_id,
           bucket,
           cid,
           sum(calls)::integer as calls,
           sum(answers)::integer as answers,
           sum(short)::integer as short,
           sum(rejected)::integer as rejected,
           sum(talk_sec)::bigint as talk_sec
    from fine
    group by 1, 3, 4
)
insert into telesales_caller_ids as stored (
    tenant_id,
    campaign_id,
    agent_id,
    scope,
    width,
    bucket,
    cid,
    calls,
    answers,
    short,
    rejected,
    talk_sec
)
select $1,
       case when scope in (0 /* campaign */, 2 /* agent_of_campaign */) then campaign_id else 0 end,
       coalesce(agent_id, 0),
       scope,
       width,
       callboard_bucket(bucket, width / 4),
       cid,
       sum(calls),
       sum(answers),
       sum(short),
       sum(rejected),
       sum(talk_sec)
from (
    select bare.*, level.*
    from bare
    cross join (values
        (0 /* campaign */, 4),
        (0 /* campaign */, 96)
    ) as level (scope, width)
    union all
    select fine.*, level.*
    from fine
    cross join (values
        (2 /* agent_of_campaign */, 96)
    ) as level (scope, width)
    where agent_id is not null
) rows
group by 2, 3, 4, 5, 6, 7
having sum(calls) <> 0
    or sum(answers) <> 0
    or sum(short) <> 0
    or sum(rejected) <> 0
    or sum(talk_sec) <> 0
order by 2, 3, 4, 5, 6, 7
;

-- Adds rows to telesales_totals_by_source. They are summed by the finest bucket first, which leaves few sums for every level and scope.
-- Agents multiply rows, so sums over all agents are made from sums by agent. They come as the key lies, which spares the index.
with fine as materialized ( -- without sums of entries that cancel each other out
    select *
    from (
        select r.campaign_id,
               r.agent_id as agent_id,
               callboard_bucket(r.quarter, 4) as bucket,
               coalesce(lead.source, '(unknown)') collate "C" as source,
               sum(r.weight * case when callboard_is_dial(r.result) then 1 else 0 end)::integer as dials,
               sum(r.weight * case when callboard_is_answer(r.result) then 1 else 0 end)::integer as answers,
               sum(r.weight * case when r.result = 'abandoned' then 1 else 0 end)::integer as abandoned,
               sum(r.weight * case when r.result = 'blocked' then 1 else 0 end)::integer as blocked,
               sum(r.weight * case when r.result is null then 1 else 0 end)::integer as in_progress,
               sum(r.weight * case when callboard_is_dial(r.result) and r.disposition = any ((select callboard_conversions($1))::text[]) then 1 else 0 end)::integer as conversions,
               sum(r.weight * case when callboard_is_dial(r.result) then (r.talk_sec)::bigint else 0 end)::bigint as talk_sec,
               sum(r.weight * case when callboard_is_answer(r.result) then (r.talk_sec::bigint + r.wrap_sec)::bigint else 0 end)::bigint as handling_sec
        from (
            select tenant_id,
                   1 as weight,
                   callboard_quarter(started_at) as quarter,
                   campaign_id,
                   lead_id,
                   started_at,
                   agent_id,
                   cid,
                   result,
                   talk_sec,
                   wrap_sec,
                   disposition
            from telesales_calls
            where tenant_id = $1
            and campaign_id = any ($2)
            and nullif(callboard_quarter(started_at) >= (select callboard_quarter(callboard_complete_from($1))), false) is not null
        ) r
        left join (
            select l.id as id, callboard_source(l.source) as source
            from telesales_leads l
            where l.tenant_id = $1
        ) lead on lead.id = r.lead_id
        group by 1, 2, 3, 4
    ) sums
    where dials <> 0
        or answers <> 0
        or abandoned <> 0
        or blocked <> 0
        or in_progress <> 0
        or conversions <> 0
        or talk_sec <> 0
        or handling_sec <> 0
), bare as (
    select campaign_id,
           null::bigint as agent_id,
           bucket,
           source,
           sum(dials)::integer as dials,
           sum(answers)::integer as answers,
           sum(abandoned)::integer as abandoned,
           sum(blocked)::integer as blocked,
           sum(in_progress)::integer as in_progress,
           sum(conversions)::integer as conversions,
           sum(talk_sec)::bigint as talk_sec,
           sum(handling_sec)::bigint as handling_sec
    from fine
    group by 1, 3, 4
)
insert into telesales_totals_by_source as stored (
    tenant_id,
    campaign_id,
    agent_id,
    scope,
    width,
    bucket,
    source,
    dials,
    answers,
    abandoned,
    blocked,
    in_progress,
    conversions,
    talk_sec,
    handling_sec
)
select $1,
       case when scope in (0 /* campaign */, 2 /* agent_of_campaign */) then campaign_id else 0 end,
       coalesce(agent_id, 0),
       scope,
       width,
       callboard_bucket(bucket, width / 4),
       source,
       sum(dials),
       sum(answers),
       sum(abandoned),
       sum(blocked),
       sum(in_progress),
       sum(conversions),
       sum(talk_sec),
       sum(handling_sec)
from (
    select bare.*, level.*
    from bare
    cross join (values
        (0 /* campaign */, 4),
        (0 /* campaign */, 96)
    ) as level (scope, width)
    union all
    select fine.*, level.*
    from fine
    cross join (values
        (2 /* agent_of_campaign */, 96)
    ) as level (scope, width)
    where agent_id is not null
) rows
group by 2, 3, 4, 5, 6, 7
having sum(dials) <> 0
    or sum(answers) <> 0
    or sum(abandoned) <> 0
    or sum(blocked) <> 0
    or sum(in_progress) <> 0
    or sum(conversions) <> 0
    or sum(talk_sec) <> 0
    or sum(handling_sec) <> 0
order by 2, 3, 4, 5, 6, 7
;

-- Adds rows to telesales_dispositions_by_source. They are summed by the finest bucket first, which leaves few sums for every level and scope.
-- Agents multiply rows, so sums over all agents are made from sums by agent. They come as the key lies, which spares the index.
with fine as materialized ( -- without sums of entries that cancel each other out
    select *
    from (
        select r.campaign_id,
               r.agent_id as agent_id,
               callboard_bucket(r.quarter, 96) as bucket,
               r.disposition collate "C" as code,
               coalesce(lead.source, '(unknown)') collate "C" as source,
               sum(r.weight * 1)::integer as calls
        from (
            select tenant_id,
                   1 as weight,
                   callboard_quarter(started_at) as quarter,
                   campaign_id,
                   lead_id,
                   started_at,
                   agent_id,
                   cid,
                   result,
                   talk_sec,
                   wrap_sec,
                   disposition
            from telesales_calls
            where tenant_id = $1
            and campaign_id = any ($2)
            and nullif(callboard_quarter(started_at) >= (select callboard_quarter(callboard_complete_from($1))), false) is not null
        ) r
        left join (
            select l.id as id, callboard_source(l.source) as source
            from telesales_leads l
            where l.tenant_id = $1
        ) lead on lead.id = r.lead_id
        where r.disposition is not null
        group by 1, 2, 3, 4, 5
    ) sums
    where calls <> 0
), bare as (
    select campaign_id,
           null::bigint as agent_id,
           bucket,
           code,
           source,
           sum(calls)::integer as calls
    from fine
    group by 1, 3, 4, 5
)
insert into telesales_dispositions_by_source as stored (
    tenant_id,
    campaign_id,
    agent_id,
    scope,
    width,
    bucket,
    code,
    source,
    calls
)
select $1,
       case when scope in (0 /* campaign */, 2 /* agent_of_campaign */) then campaign_id else 0 end,
       coalesce(agent_id, 0),
       scope,
       width,
       callboard_bucket(bucket, width / 96),
       code,
       source,
       sum(calls)
from bare
cross join (values
    (0 /* campaign */, 96)
) as level (scope, width)
group by 2, 3, 4, 5, 6, 7, 8
having sum(calls) <> 0
order by 2, 3, 4, 5, 6, 7, 8
;

-- In a rebuild: adds what is kept from before the account's complete-from to the hours and days that this divides.
insert into telesales_totals as stored (
    tenant_id,
    scope,
    campaign_id,
    agent_id,
    width,
    bucket,
    dials,
    answers,
    abandoned,
    blocked,
    in_progress,
    conversions,
    talk_sec,
    handling_sec
)
select tenant_id,
       scope,
       campaign_id,
       agent_id,
       level.width,
       callboard_bucket(bucket, level.width),
       sum(dials),
       sum(answers),
       sum(abandoned),
       sum(blocked),
       sum(in_progress),
       sum(conversions),
       sum(talk_sec),
       sum(handling_sec)
from (
    select *
    from telesales_totals
    where tenant_id = $1
      and scope in (0 /* campaign */, 2 /* agent_of_campaign */)
      and campaign_id = any ($2)
      and width = 1
) quarters
join (values
    (0 /* campaign */, 4),
    (0 /* campaign */, 96),
    (2 /* agent_of_campaign */, 4),
    (2 /* agent_of_campaign */, 96)
) as level (of_scope, width) on level.of_scope = quarters.scope
cross join (select callboard_quarter(callboard_complete_from($1)) as quarter offset 0) cut
where bucket < cut.quarter
  and bucket >= callboard_bucket(cut.quarter, level.width) * level.width
group by 1, 2, 3, 4, 5, 6
having sum(dials) <> 0
    or sum(answers) <> 0
    or sum(abandoned) <> 0
    or sum(blocked) <> 0
    or sum(in_progress) <> 0
    or sum(conversions) <> 0
    or sum(talk_sec) <> 0
    or sum(handling_sec) <> 0
on conflict (tenant_id, campaign_id, agent_id, scope, width, bucket) do update set
    dials = stored.dials + excluded.dials,
    answers = stored.answers + excluded.answers,
    abandoned = stored.abandoned + excluded.abandoned,
    blocked = stored.blocked + excluded.blocked,
    in_progress = stored.in_progress + excluded.in_progress,
    conversions = stored.conversions + excluded.conversions,
    talk_sec = stored.talk_sec + excluded.talk_sec,
    handling_sec = stored.handling_sec + excluded.handling_sec;

-- In a rebuild: adds what is kept from before the account's complete-from to the hours and days that this divides.
insert into telesales_dispositions as stored (
    tenant_id,
    scope,
    campaign_id,
    agent_id,
    width,
    bucket,
    code,
    calls
)
select tenant_id,
       scope,
       campaign_id,
       agent_id,
       level.width,
       callboard_bucket(bucket, level.width),
       code,
       sum(calls)
from (
    select *
    from telesales_dispositions
    where tenant_id = $1
      and scope in (0 /* campaign */, 2 /* agent_of_campaign */)
      and campaign_id = any ($2)
      and width = 1
) quarters
join (values
    (0 /* campaign */, 4),
    (0 /* campaign */, 96),
    (2 /* agent_of_campaign */, 96)
) as level (of_scope, width) on level.of_scope = quarters.scope
cross join (select callboard_quarter(callboard_complete_from($1)) as quarter offset 0) cut
where bucket < cut.quarter
  and bucket >= callboard_bucket(cut.quarter, level.width) * level.width
group by 1, 2, 3, 4, 5, 6, 7
having sum(calls) <> 0
on conflict (tenant_id, campaign_id, agent_id, scope, width, bucket, callboard_key(code)) do update set
    calls = stored.calls + excluded.calls;

-- In a rebuild: adds what is kept from before the account's complete-from to the hours and days that this divides.
insert into telesales_caller_ids as stored (
    tenant_id,
    scope,
    campaign_id,
    agent_id,
    width,
    bucket,
    cid,
    calls,
    answers,
    short,
    rejected,
    talk_sec
)
select tenant_id,
       scope,
       campaign_id,
       agent_id,
       level.width,
       callboard_bucket(bucket, level.width),
       cid,
       sum(calls),
       sum(answers),
       sum(short),
       sum(rejected),
       sum(talk_sec)
from (
    select *
    from telesales_caller_ids
    where tenant_id = $1
      and scope in (0 /* campaign */, 2 /* agent_of_campaign */)
      and campaign_id = any ($2)
      and width = 1
) quarters
join (values
    (0 /* campaign */, 4),
    (0 /* campaign */, 96),
    (2 /* agent_of_campaign */, 96)
) as level (of_scope, width) on level.of_scope = quarters.scope
cross join (select callboard_quarter(callboard_complete_from($1)) as quarter offset 0) cut
where bucket < cut.quarter
  and bucket >= callboard_bucket(cut.quarter, level.width) * level.width
group by 1, 2, 3, 4, 5, 6, 7
having sum(calls) <> 0
    or sum(answers) <> 0
    or sum(short) <> 0
    or sum(rejected) <> 0
    or sum(talk_sec) <> 0
on conflict (tenant_id, campaign_id, agent_id, scope, width, bucket, callboard_key(cid)) do update set
    calls = stored.calls + excluded.calls,
    answers = stored.answers + excluded.answers,
    short = stored.short + excluded.short,
    rejected = stored.rejected + excluded.rejected,
    talk_sec = stored.talk_sec + excluded.talk_sec;

-- In a rebuild: adds what is kept from before the account's complete-from to the hours and days that this divides.
insert into telesales_totals_by_source as stored (
    tenant_id,
    scope,
    campaign_id,
    agent_id,
    width,
    bucket,
    source,
    dials,
    answers,
    abandoned,
    blocked,
    in_progress,
    conversions,
    talk_sec,
    handling_sec
)
select tenant_id,
       scope,
       campaign_id,
       agent_id,
       level.width,
       callboard_bucket(bucket, level.width),
       source,
       sum(dials),
       sum(answers),
       sum(abandoned),
       sum(blocked),
       sum(in_progress),
       sum(conversions),
       sum(talk_sec),
       sum(handling_sec)
from (
    select *
    from telesales_totals_by_source
    where tenant_id = $1
      and scope in (0 /* campaign */, 2 /* agent_of_campaign */)
      and campaign_id = any ($2)
      and width = 1
) quarters
join (values
    (0 /* campaign */, 4),
    (0 /* campaign */, 96),
    (2 /* agent_of_campaign */, 96)
) as level (of_scope, width) on level.of_scope = quarters.scope
cross join (select callboard_quarter(callboard_complete_from($1)) as quarter offset 0) cut
where bucket < cut.quarter
  and bucket >= callboard_bucket(cut.quarter, level.width) * level.width
group by 1, 2, 3, 4, 5, 6, 7
having sum(dials) <> 0
    or sum(answers) <> 0
    or sum(abandoned) <> 0
    or sum(blocked) <> 0
    or sum(in_progress) <> 0
    or sum(conversions) <> 0
    or sum(talk_sec) <> 0
    or sum(handling_sec) <> 0
on conflict (tenant_id, campaign_id, agent_id, scope, width, bucket, callboard_key(source)) do update set
    dials = stored.dials + excluded.dials,
    answers = stored.answers + excluded.answers,
    abandoned = stored.abandoned + excluded.abandoned,
    blocked = stored.blocked + excluded.blocked,
    in_progress = stored.in_progress + excluded.in_progress,
    conversions = stored.conversions + excluded.conversions,
    talk_sec = stored.talk_sec + excluded.talk_sec,
    handling_sec = stored.handling_sec + excluded.handling_sec;

-- In a rebuild: adds what is kept from before the account's complete-from to the hours and days that this divides.
insert into telesales_dispositions_by_source as stored (
    tenant_id,
    scope,
    campaign_id,
    agent_id,
    width,
    bucket,
    code,
    source,
    calls
)
select tenant_id,
       scope,
       campaign_id,
       agent_id,
       level.width,
       callboard_bucket(bucket, level.width),
       code,
       source,
       sum(calls)
from (
    select *
    from telesales_dispositions_by_source
    where tenant_id = $1
      and scope in (0 /* campaign */, 2 /* agent_of_campaign */)
      and campaign_id = any ($2)
      and width = 1
) quarters
join (values
    (0 /* campaign */, 96)
) as level (of_scope, width) on level.of_scope = quarters.scope
cross join (select callboard_quarter(callboard_complete_from($1)) as quarter offset 0) cut
where bucket < cut.quarter
  and bucket >= callboard_bucket(cut.quarter, level.width) * level.width
group by 1, 2, 3, 4, 5, 6, 7, 8
having sum(calls) <> 0
on conflict (tenant_id, campaign_id, agent_id, scope, width, bucket, callboard_key(code), callboard_key(source)) do update set
    calls = stored.calls + excluded.calls;

-- Adds rows to telesales_lead_totals. They are summed by the finest bucket first, which leaves few sums for every level and scope.
-- Agents multiply rows, so sums over all agents are made from sums by agent. They come as the key lies, which spares the index.
with fine as materialized ( -- without sums of entries that cancel each other out
    select *
    from (
        select r.campaign_id,
               null::bigint as agent_id,
               r.quarter as bucket,
               sum(r.weight * 1)::integer as leads
        from (
            select tenant_id,
                   1 as weight,
                   callboard_quarter(created_at) as quarter,
                   campaign_id,
                   id,
                   created_at,
                   source
            from telesales_leads
            where tenant_id = $1
            and campaign_id = any ($2)
            and nullif(callboard_quarter(created_at) >= (select callboard_quarter(callboard_complete_from($1))), false) is not null
        ) r
        group by 1, 2, 3
    ) sums
    where leads <> 0
), bare as (
    select campaign_id,
           null::bigint as agent_id,
           bucket,
           sum(leads)::integer as leads
    from fine
    group by 1, 3
)
insert into telesales_lead_totals as stored (
    tenant_id,
    campaign_id,
    agent_id,
    scope,
    width,
    bucket,
    leads
)
select $1,
       case when scope in (0 /* campaign */, 2 /* agent_of_campaign */) then campaign_id else 0 end,
       coalesce(agent_id, 0),
       scope,
       width,
       callboard_bucket(bucket, width / 1),
       sum(leads)
from bare
cross join (values
    (0 /* campaign */, 1),
    (0 /* campaign */, 4),
    (0 /* campaign */, 96)
) as level (scope, width)
group by 2, 3, 4, 5, 6
having sum(leads) <> 0
order by 2, 3, 4, 5, 6
;

-- Adds rows to telesales_lead_sources. They are summed by the finest bucket first, which leaves few sums for every level and scope.
-- Agents multiply rows, so sums over all agents are made from sums by agent. They come as the key lies, which spares the index.
with fine as materialized ( -- without sums of entries that cancel each other out
    select *
    from (
        select r.campaign_id,
               null::bigint as agent_id,
               callboard_bucket(r.quarter, 4) as bucket,
               callboard_source(r.source) collate "C" as source,
               sum(r.weight * 1)::integer as leads
        from (
            select tenant_id,
                   1 as weight,
                   callboard_quarter(created_at) as quarter,
                   campaign_id,
                   id,
                   created_at,
                   source
            from telesales_leads
            where tenant_id = $1
            and campaign_id = any ($2)
            and nullif(callboard_quarter(created_at) >= (select callboard_quarter(callboard_complete_from($1))), false) is not null
        ) r
        group by 1, 2, 3, 4
    ) sums
    where leads <> 0
), bare as (
    select campaign_id,
           null::bigint as agent_id,
           bucket,
           source,
           sum(leads)::integer as leads
    from fine
    group by 1, 3, 4
)
insert into telesales_lead_sources as stored (
    tenant_id,
    campaign_id,
    agent_id,
    scope,
    width,
    bucket,
    source,
    leads
)
select $1,
       case when scope in (0 /* campaign */, 2 /* agent_of_campaign */) then campaign_id else 0 end,
       coalesce(agent_id, 0),
       scope,
       width,
       callboard_bucket(bucket, width / 4),
       source,
       sum(leads)
from bare
cross join (values
    (0 /* campaign */, 4),
    (0 /* campaign */, 96)
) as level (scope, width)
group by 2, 3, 4, 5, 6, 7
having sum(leads) <> 0
order by 2, 3, 4, 5, 6, 7
;

-- In a rebuild: adds what is kept from before the account's complete-from to the hours and days that this divides.
insert into telesales_lead_totals as stored (
    tenant_id,
    scope,
    campaign_id,
    agent_id,
    width,
    bucket,
    leads
)
select tenant_id,
       scope,
       campaign_id,
       agent_id,
       level.width,
       callboard_bucket(bucket, level.width),
       sum(leads)
from (
    select *
    from telesales_lead_totals
    where tenant_id = $1
      and scope in (0 /* campaign */, 2 /* agent_of_campaign */)
      and campaign_id = any ($2)
      and width = 1
) quarters
join (values
    (0 /* campaign */, 4),
    (0 /* campaign */, 96)
) as level (of_scope, width) on level.of_scope = quarters.scope
cross join (select callboard_quarter(callboard_complete_from($1)) as quarter offset 0) cut
where bucket < cut.quarter
  and bucket >= callboard_bucket(cut.quarter, level.width) * level.width
group by 1, 2, 3, 4, 5, 6
having sum(leads) <> 0
on conflict (tenant_id, campaign_id, agent_id, scope, width, bucket) do update set
    leads = stored.leads + excluded.leads;

-- In a rebuild: adds what is kept from before the account's complete-from to the hours and days that this divides.
insert into telesales_lead_sources as stored (
    tenant_id,
    scope,
    campaign_id,
    agent_id,
    width,
    bucket,
    source,
    leads
)
select tenant_id,
       scope,
       campaign_id,
       agent_id,
       level.width,
       callboard_bucket(bucket, level.width),
       source,
       sum(leads)
from (
    select *
    from telesales_lead_sources
    where tenant_id = $1
      and scope in (0 /* campaign */, 2 /* agent_of_campaign */)
      and campaign_id = any ($2)
      and width = 1
) quarters
join (values
    (0 /* campaign */, 4),
    (0 /* campaign */, 96)
) as level (of_scope, width) on level.of_scope = quarters.scope
cross join (select callboard_quarter(callboard_complete_from($1)) as quarter offset 0) cut
where bucket < cut.quarter
  and bucket >= callboard_bucket(cut.quarter, level.width) * level.width
group by 1, 2, 3, 4, 5, 6, 7
having sum(leads) <> 0
on conflict (tenant_id, campaign_id, agent_id, scope, width, bucket, callboard_key(source)) do update set
    leads = stored.leads + excluded.leads;

-- Brings telesales_trail up to date with the links.
insert into telesales_trail as stored (tenant_id, campaign_id, lead_id, hour, stages, n)
select $1,
       campaign_id,
       lead_id,
       hour,
       stages,
       sum(weight)
from (
    select r.campaign_id,
           r.lead_id,
           callboard_bucket(r.quarter, 4) as hour,
           (
               case when callboard_is_dial(r.result) then 1 else 0 end
               + case when callboard_is_answer(r.result) then 2 else 0 end
               + case when callboard_is_dial(r.result) and r.talk_sec > 30 then 4 else 0 end
               + case when callboard_is_dial(r.result) and r.disposition is not null then 8 else 0 end
               + case when callboard_is_dial(r.result) and r.disposition = any ((select callboard_conversions($1))::text[]) then 16 else 0 end
           )::smallint as stages,
           r.weight
    from (
        select tenant_id,
               1 as weight,
               callboard_quarter(started_at) as quarter,
               campaign_id,
               lead_id,
               started_at,
               agent_id,
               cid,
               result,
               talk_sec,
               wrap_sec,
               disposition
        from telesales_calls
        where tenant_id = $1
        and campaign_id = any ($2)
        and nullif(callboard_quarter(started_at) >= (select callboard_quarter(callboard_complete_from($1))), false) is not null
    ) r
) r
where stages <> 0
group by campaign_id, lead_id, hour, stages
having sum(weight) <> 0
order by lead_id, hour, campaign_id, stages
;

-- Adds changes to telesales_links, while the trail still records what they were made of.
with versions as (
    select 1 as version,
           s.scope,
           case when s.scope = 0 /* campaign */ then t.campaign_id else 0 end as campaign_id,
           t.lead_id,
           t.hour,
           bit_or(t.stages) as stages
    from telesales_trail t
    cross join (values (0 /* campaign */)) s (scope)
    where t.tenant_id = $1
    and t.campaign_id = any ($2)
    group by 2, 3, 4, 5
),
chains as ( -- each hour of a lead with the last hour before it in each stage
    select version,
           scope,
           campaign_id,
           hour,
           stages,
           max(hour) filter (where stages & 1 <> 0) over earlier as dialed,
           max(hour) filter (where stages & 2 <> 0) over earlier as connected,
           max(hour) filter (where stages & 4 <> 0) over earlier as talked,
           max(hour) filter (where stages & 8 <> 0) over earlier as disposed,
           max(hour) filter (where stages & 16 <> 0) over earlier as converted
    from versions
    window earlier as (
        partition by version, scope, campaign_id, lead_id
        order by hour
        rows between unbounded preceding and 1 preceding
    )
), linked as ( -- from each hour to itself, then from the last hour before to it
    select scope,
           campaign_id,
           hour as earlier,
           hour as later,
           sum(case when stages & 1 <> 0 then version else 0 end)::integer as dialed,
           sum(case when stages & 2 <> 0 then version else 0 end)::integer as connected,
           sum(case when stages & 4 <> 0 then version else 0 end)::integer as talked,
           sum(case when stages & 8 <> 0 then version else 0 end)::integer as disposed,
           sum(case when stages & 16 <> 0 then version else 0 end)::integer as converted
    from chains
    group by 1, 2, 3
    union all
    select scope,
           campaign_id,
           b.earlier,
           hour,
           -sum(case when b.stage = 1 then version else 0 end)::integer,
           -sum(case when b.stage = 2 then version else 0 end)::integer,
           -sum(case when b.stage = 4 then version else 0 end)::integer,
           -sum(case when b.stage = 8 then version else 0 end)::integer,
           -sum(case when b.stage = 16 then version else 0 end)::integer
    from chains
    cross join lateral (values
        (1, dialed),
        (2, connected),
        (4, talked),
        (8, disposed),
        (16, converted)
    ) b (stage, earlier)
    where b.earlier is not null
      and stages & b.stage <> 0
    group by 1, 2, 3, 4
)
insert into telesales_links as stored (
    tenant_id,
    campaign_id,
    scope,
    width,
    later_width,
    bucket,
    later_bucket,
    dialed,
    connected,
    talked,
    disposed,
    converted
)
select $1,
       campaign_id,
       scope,
       w.width,
       v.width,
       callboard_bucket(earlier, w.width / 4),
       callboard_bucket(later, v.width / 4),
       sum(dialed),
       sum(connected),
       sum(talked),
       sum(disposed),
       sum(converted)
from linked
cross join (values (4), (96)) w (width)
cross join (values (4), (96)) v (width)
group by 2, 3, 4, 5, 6, 7
having sum(dialed) <> 0
    or sum(connected) <> 0
    or sum(talked) <> 0
    or sum(disposed) <> 0
    or sum(converted) <> 0
order by 2, 3, 4, 5, 6, 7
;

-- Adds changes to the links of lead sources. For the journal, it runs before the trail of calls is updated; in a rebuild,
-- after the trail is built.
with nearest as ( -- of each lead in each stage: the first hour from its creation on, the last hour before
    select 1 as version,
           s.scope,
           case when s.scope = 0 /* campaign */ then r.campaign_id else 0 end as campaign_id,
           callboard_source(r.source) collate "C" as source,
           b.stage,
           r.created,
           min(t.hour) filter (where t.hour >= r.created) as after,
           max(t.hour) filter (where t.hour < r.created) as before
    from (
        select r.id,
               r.campaign_id,
               r.source,
               callboard_bucket(callboard_quarter(r.created_at), 4) as created
        from telesales_leads r
        where r.tenant_id = $1
        and r.campaign_id = any ($2)
    ) r
    join telesales_trail t on t.tenant_id = $1 and t.lead_id = r.id
    cross join (values (0 /* campaign */)) s (scope)
    cross join (values (1), (2), (16)) b (stage)
    where t.stages & b.stage <> 0
      and (s.scope = 1 /* account */ or t.campaign_id = r.campaign_id)
    group by r.id, r.campaign_id, r.source, r.created, s.scope, b.stage
),
pairs as (
    select scope, campaign_id, source, stage, created as earlier, after as later, version as weight
    from nearest
    where after is not null
    union all
    select scope, campaign_id, source, stage, before, created, version
    from nearest
    where before is not null
    union all
    select scope, campaign_id, source, stage, before, after, -version
    from nearest
    where before is not null and after is not null
)
insert into telesales_source_links as stored (
    tenant_id,
    campaign_id,
    scope,
    width,
    later_width,
    bucket,
    later_bucket,
    source,
    dialed,
    connected,
    converted
)
select $1,
       campaign_id,
       scope,
       w.width,
       v.width,
       callboard_bucket(earlier, w.width / 4),
       callboard_bucket(later, v.width / 4),
       source,
       coalesce(sum(weight) filter (where stage = 1), 0),
       coalesce(sum(weight) filter (where stage = 2), 0),
       coalesce(sum(weight) filter (where stage = 16), 0)
from pairs
cross join (values (4), (96)) w (width)
cross join (values (4), (96)) v (width)
group by 2, 3, 4, 5, 6, 7, 8
having coalesce(sum(weight) filter (where stage = 1), 0) <> 0
    or coalesce(sum(weight) filter (where stage = 2), 0) <> 0
    or coalesce(sum(weight) filter (where stage = 16), 0) <> 0
order by 2, 3, 4, 5, 6, 7
;

----------------------------------------------------------------------------------------------------------------------
-- Compaction of telesales: rebuild from all rows, start
----------------------------------------------------------------------------------------------------------------------

-- Deletes the sums of a rebuild. What lies before the account's complete-from stays; the buckets that this divides are made
-- of both (kept.sql).
delete from telesales_totals
where tenant_id = $1
  and (bucket + 1) * width > (select callboard_quarter(callboard_complete_from($1)));

-- Deletes the sums of a rebuild. What lies before the account's complete-from stays; the buckets that this divides are made
-- of both (kept.sql).
delete from telesales_dispositions
where tenant_id = $1
  and (bucket + 1) * width > (select callboard_quarter(callboard_complete_from($1)));

-- Deletes the sums of a rebuild. What lies before the account's complete-from stays; the buckets that this divides are made
-- of both (kept.sql).
delete from telesales_caller_ids
where tenant_id = $1
  and (bucket + 1) * width > (select callboard_quarter(callboard_complete_from($1)));

-- Deletes the sums of a rebuild. What lies before the account's complete-from stays; the buckets that this divides are made
-- of both (kept.sql).
delete from telesales_totals_by_source
where tenant_id = $1
  and (bucket + 1) * width > (select callboard_quarter(callboard_complete_from($1)));

-- Deletes the sums of a rebuild. What lies before the account's complete-from stays; the buckets that this divides are made
-- of both (kept.sql).
delete from telesales_dispositions_by_source
where tenant_id = $1
  and (bucket + 1) * width > (select callboard_quarter(callboard_complete_from($1)));

delete from telesales_trail
where tenant_id = $1;

delete from telesales_links
where tenant_id = $1;

delete from telesales_calls_journal
where tenant_id = $1;

-- Deletes the sums of a rebuild. What lies before the account's complete-from stays; the buckets that this divides are made
-- of both (kept.sql).
delete from telesales_lead_totals
where tenant_id = $1
  and (bucket + 1) * width > (select callboard_quarter(callboard_complete_from($1)));

-- Deletes the sums of a rebuild. What lies before the account's complete-from stays; the buckets that this divides are made
-- of both (kept.sql).
delete from telesales_lead_sources
where tenant_id = $1
  and (bucket + 1) * width > (select callboard_quarter(callboard_complete_from($1)));

delete from telesales_leads_journal
where tenant_id = $1;

delete from telesales_source_links
where tenant_id = $1;

----------------------------------------------------------------------------------------------------------------------
-- Compaction of telesales: rebuild from all rows, slice from the second $2 on, before $3
----------------------------------------------------------------------------------------------------------------------

-- Adds rows to telesales_totals. They are summed by the finest bucket first, which leaves few sums for every level and scope.
-- Agents multiply rows, so sums over all agents are made from sums by agent. They come as the key lies, which spares the index.
with fine as materialized ( -- without sums of entries that cancel each other out
    select *
    from (
        select r.campaign_id,
               r.agent_id as agent_id,
               r.quarter as bucket,
               sum(r.weight * case when callboard_is_dial(r.result) then 1 else 0 end)::integer as dials,
               sum(r.weight * case when callboard_is_answer(r.result) then 1 else 0 end)::integer as answers,
               sum(r.weight * case when r.result = 'abandoned' then 1 else 0 end)::integer as abandoned,
               sum(r.weight * case when r.result = 'blocked' then 1 else 0 end)::integer as blocked,
               sum(r.weight * case when r.result is null then 1 else 0 end)::integer as in_progress,
               sum(r.weight * case when callboard_is_dial(r.result) and r.disposition = any ((select callboard_conversions($1))::text[]) then 1 else 0 end)::integer as conversions,
               sum(r.weight * case when callboard_is_dial(r.result) then (r.talk_sec)::bigint else 0 end)::bigint as talk_sec,
               sum(r.weight * case when callboard_is_answer(r.result) then (r.talk_sec::bigint + r.wrap_sec)::bigint else 0 end)::bigint as handling_sec
        from (
            select tenant_id,
                   1 as weight,
                   callboard_quarter(started_at) as quarter,
                   campaign_id,
                   lead_id,
                   started_at,
                   agent_id,
                   cid,
                   result,
                   talk_sec,
                   wrap_sec,
                   disposition
            from telesales_calls
            where tenant_id = $1
            and nullif(callboard_quarter(started_at) >= (select callboard_quarter(callboard_complete_from($1))), false) is not null
            and started_at >= to_timestamp($2)
              and started_at <= to_timestamp($3) - interval '1 microsecond'
        ) r
        group by 1, 2, 3
    ) sums
    where dials <> 0
        or answers <> 0
        or abandoned <> 0
        or blocked <> 0
        or in_progress <> 0
        or conversions <> 0
        or talk_sec <> 0
        or handling_sec <> 0
), bare as (
    select campaign_id,
           null::bigint as agent_id,
           bucket,
           sum(dials)::integer as dials,
           sum(answers)::integer as answers,
           sum(abandoned)::integer as abandoned,
           sum(blocked)::integer as blocked,
           sum(in_progress)::integer as in_progress,
           sum(conversions)::integer as conversions,
           sum(talk_sec)::bigint as talk_sec,
           sum(handling_sec)::bigint as handling_sec
    from fine
    group by 1, 3
)
insert into telesales_totals as stored (
    tenant_id,
    campaign_id,
    agent_id,
    scope,
    width,
    bucket,
    dials,
    answers,
    abandoned,
    blocked,
    in_progress,
    conversions,
    talk_sec,
    handling_sec
)
select $1,
       case when scope in (0 /* campaign */, 2 /* agent_of_campaign */) then campaign_id else 0 end,
       coalesce(agent_id, 0),
       scope,
       width,
       callboard_bucket(bucket, width / 1),
       sum(dials),
       sum(answers),
       sum(abandoned),
       sum(blocked),
       sum(in_progress),
       sum(conversions),
       sum(talk_sec),
       sum(handling_sec)
from (
    select bare.*, level.*
    from bare
    cross join (values
        (0 /* campaign */, 1),
        (0 /* campaign */, 4),
        (0 /* campaign */, 96),
        (1 /* account */, 1),
        (1 /* account */, 4),
        (1 /* account */, 96)
    ) as level (scope, width)
    union all
    select fine.*, level.*
    from fine
    cross join (values
        (2 /* agent_of_campaign */, 4),
        (2 /* agent_of_campaign */, 96),
        (3 /* agent */, 1),
        (3 /* agent */, 4),
        (3 /* agent */, 96)
    ) as level (scope, width)
    where agent_id is not null
) rows
group by 2, 3, 4, 5, 6
having sum(dials) <> 0
    or sum(answers) <> 0
    or sum(abandoned) <> 0
    or sum(blocked) <> 0
    or sum(in_progress) <> 0
    or sum(conversions) <> 0
    or sum(talk_sec) <> 0
    or sum(handling_sec) <> 0
order by 2, 3, 4, 5, 6
;

-- Adds rows to telesales_dispositions. They are summed by the finest bucket first, which leaves few sums for every level and scope.
-- Agents multiply rows, so sums over all agents are made from sums by agent. They come as the key lies, which spares the index.
with fine as materialized ( -- without sums of entries that cancel each other out
    select *
    from (
        select r.campaign_id,
               r.agent_id as agent_id,
               r.quarter as bucket,
               r.disposition collate "C" as code,
               sum(r.weight * 1)::integer as calls
        from (
            select tenant_id,
                   1 as weight,
                   callboard_quarter(started_at) as quarter,
                   campaign_id,
                   lead_id,
                   started_at,
                   agent_id,
                   cid,
                   result,
                   talk_sec,
                   wrap_sec,
                   disposition
            from telesales_calls
            where tenant_id = $1
            and nullif(callboard_quarter(started_at) >= (select callboard_quarter(callboard_complete_from($1))), false) is not null
            and started_at >= to_timestamp($2)
              and started_at <= to_timestamp($3) - interval '1 microsecond'
        ) r
        where r.disposition is not null
        group by 1, 2, 3, 4
    ) sums
    where calls <> 0
), bare as (
    select campaign_id,
           null::bigint as agent_id,
           bucket,
           code,
           sum(calls)::integer as calls
    from fine
    group by 1, 3, 4
)
insert into telesales_dispositions as stored (
    tenant_id,
    campaign_id,
    agent_id,
    scope,
    width,
    bucket,
    code,
    calls
)
select $1,
       case when scope in (0 /* campaign */, 2 /* agent_of_campaign */) then campaign_id else 0 end,
       coalesce(agent_id, 0),
       scope,
       width,
       callboard_bucket(bucket, width / 1),
       code,
       sum(calls)
from (
    select bare.*, level.*
    from bare
    cross join (values
        (0 /* campaign */, 4),
        (0 /* campaign */, 96),
        (1 /* account */, 1),
        (1 /* account */, 4),
        (1 /* account */, 96)
    ) as level (scope, width)
    union all
    select fine.*, level.*
    from fine
    cross join (values
        (2 /* agent_of_campaign */, 96),
        (3 /* agent */, 96)
    ) as level (scope, width)
    where agent_id is not null
) rows
group by 2, 3, 4, 5, 6, 7
having sum(calls) <> 0
order by 2, 3, 4, 5, 6, 7
;

-- Adds rows to telesales_caller_ids. They are summed by the finest bucket first, which leaves few sums for every level and scope.
-- Agents multiply rows, so sums over all agents are made from sums by agent. They come as the key lies, which spares the index.
with fine as materialized ( -- without sums of entries that cancel each other out
    select *
    from (
        select r.campaign_id,
               r.agent_id as agent_id,
               r.quarter as bucket,
               r.cid collate "C" as cid,
               sum(r.weight * 1)::integer as calls,
               sum(r.weight * case when callboard_is_answer(r.result) then 1 else 0 end)::integer as answers,
               sum(r.weight * case when callboard_is_answer(r.result) and r.talk_sec < (select coalesce(
                   (
                       select n
                       from (
                           select case when s ~ '^[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)$' then s::numeric end
                           from (
                               select replace(settings ->> 'short_call_sec', '_', '')
                               from tenants
                               where id = $1
                           ) setting (s)
                       ) read (n)
                       where n between 0 and 3600
                   ),
                   10
               )) then 1 else 0 end)::integer as short,
               sum(r.weight * case when r.result = 'rejected' then 1 else 0 end)::integer as rejected,
               sum(r.weight * (r.talk_sec)::bigint)::bigint as talk_sec
        from (
            select tenant_id,
                   1 as weight,
                   callboard_quarter(started_at) as quarter,
                   campaign_id,
                   lead_id,
                   started_at,
                   agent_id,
                   cid,
                   result,
                   talk_sec,
                   wrap_sec,
                   disposition
            from telesales_calls
            where tenant_id = $1
            and nullif(callboard_quarter(started_at) >= (select callboard_quarter(callboard_complete_from($1))), false) is not null
            and started_at >= to_timestamp($2)
              and started_at <= to_timestamp($3) - interval '1 microsecond'
        ) r
        where callboard_is_dial(r.result) and r.cid is not null
        group by 1, 2, 3, 4
    ) sums
    where calls <> 0
        or answers <> 0
        or short <> 0
        or rejected <> 0
        or talk_sec <> 0
), bare as (
    select campaign_id,
           null::bigint as agent_id,
           bucket,
           cid,
           sum(calls)::integer as calls,
           sum(answers)::integer as answers,
           sum(short)::integer as short,
           sum(rejected)::integer as rejected,
           sum(talk_sec)::bigint as talk_sec
    from fine
    group by 1, 3, 4
)
insert into telesales_caller_ids as stored (
    tenant_id,
    campaign_id,
    agent_id,
    scope,
    width,
    bucket,
    cid,
    calls,
    answers,
    short,
    rejected,
    talk_sec
)
select $1,
       case when scope in (0 /* campaign */, 2 /* agent_of_campaign */) then campaign_id else 0 end,
       coalesce(agent_id, 0),
       scope,
       width,
       callboard_bucket(bucket, width / 1),
       cid,
       sum(calls),
       sum(answers),
       sum(short),
       sum(rejected),
       sum(talk_sec)
from (
    select bare.*, level.*
    from bare
    cross join (values
        (0 /* campaign */, 4),
        (0 /* campaign */, 96),
        (1 /* account */, 1),
        (1 /* account */, 4),
        (1 /* account */, 96)
    ) as level (scope, width)
    union all
    select fine.*, level.*
    from fine
    cross join (values
        (2 /* agent_of_campaign */, 96),
        (3 /* agent */, 96)
    ) as level (scope, width)
    where agent_id is not null
) rows
group by 2, 3, 4, 5, 6, 7
having sum(calls) <> 0
    or sum(answers) <> 0
    or sum(short) <> 0
    or sum(rejected) <> 0
    or sum(talk_sec) <> 0
order by 2, 3, 4, 5, 6, 7
;

-- Adds rows to telesales_totals_by_source. They are summed by the finest bucket first, which leaves few sums for every level and scope.
-- Agents multiply rows, so sums over all agents are made from sums by agent. They come as the key lies, which spares the index.
with fine as materialized ( -- without sums of entries that cancel each other out
    select *
    from (
        select r.campaign_id,
               r.agent_id as agent_id,
               callboard_bucket(r.quarter, 4) as bucket,
               coalesce(lead.source, '(unknown)') collate "C" as source,
               sum(r.weight * case when callboard_is_dial(r.result) then 1 else 0 end)::integer as dials,
               sum(r.weight * case when callboard_is_answer(r.result) then 1 else 0 end)::integer as answers,
               sum(r.weight * case when r.result = 'abandoned' then 1 else 0 end)::integer as abandoned,
               sum(r.weight * case when r.result = 'blocked' then 1 else 0 end)::integer as blocked,
               sum(r.weight * case when r.result is null then 1 else 0 end)::integer as in_progress,
               sum(r.weight * case when callboard_is_dial(r.result) and r.disposition = any ((select callboard_conversions($1))::text[]) then 1 else 0 end)::integer as conversions,
               sum(r.weight * case when callboard_is_dial(r.result) then (r.talk_sec)::bigint else 0 end)::bigint as talk_sec,
               sum(r.weight * case when callboard_is_answer(r.result) then (r.talk_sec::bigint + r.wrap_sec)::bigint else 0 end)::bigint as handling_sec
        from (
            select tenant_id,
                   1 as weight,
                   callboard_quarter(started_at) as quarter,
                   campaign_id,
                   lead_id,
                   started_at,
                   agent_id,
                   cid,
                   result,
                   talk_sec,
                   wrap_sec,
                   disposition
            from telesales_calls
            where tenant_id = $1
            and nullif(callboard_quarter(started_at) >= (select callboard_quarter(callboard_complete_from($1))), false) is not null
            and started_at >= to_timestamp($2)
              and started_at <= to_timestamp($3) - interval '1 microsecond'
        ) r
        left join (
            select l.id as id, callboard_source(l.source) as source
            from telesales_leads l
            where l.tenant_id = $1
        ) present on present.id = r.lead_id
        left join (
            select id, max(source) filter (where n > 0) as source
            from (
                select id, source, sum(n) as n
                from (
                    select l.id as id, callboard_source(l.source) as source, -l.weight as n
                    from telesales_leads_journal l
                    where l.tenant_id = $1
                    union all
                    select l.id, callboard_source(l.source), 1
                    from (select distinct id from telesales_leads_journal where tenant_id = $1) changed
                    cross join lateral (
                        select *
                        from telesales_leads l
                        where l.tenant_id = $1
                          and l.id = changed.id
                        offset 0
                    ) l
                ) versions
                group by id, source
            ) leads
            group by id
        ) before on before.id = r.lead_id
        cross join lateral (
            select case when before.id is null then present.source else before.source end as source
        ) lead
        group by 1, 2, 3, 4
    ) sums
    where dials <> 0
        or answers <> 0
        or abandoned <> 0
        or blocked <> 0
        or in_progress <> 0
        or conversions <> 0
        or talk_sec <> 0
        or handling_sec <> 0
), bare as (
    select campaign_id,
           null::bigint as agent_id,
           bucket,
           source,
           sum(dials)::integer as dials,
           sum(answers)::integer as answers,
           sum(abandoned)::integer as abandoned,
           sum(blocked)::integer as blocked,
           sum(in_progress)::integer as in_progress,
           sum(conversions)::integer as conversions,
           sum(talk_sec)::bigint as talk_sec,
           sum(handling_sec)::bigint as handling_sec
    from fine
    group by 1, 3, 4
)
insert into telesales_totals_by_source as stored (
    tenant_id,
    campaign_id,
    agent_id,
    scope,
    width,
    bucket,
    source,
    dials,
    answers,
    abandoned,
    blocked,
    in_progress,
    conversions,
    talk_sec,
    handling_sec
)
select $1,
       case when scope in (0 /* campaign */, 2 /* agent_of_campaign */) then campaign_id else 0 end,
       coalesce(agent_id, 0),
       scope,
       width,
       callboard_bucket(bucket, width / 4),
       source,
       sum(dials),
       sum(answers),
       sum(abandoned),
       sum(blocked),
       sum(in_progress),
       sum(conversions),
       sum(talk_sec),
       sum(handling_sec)
from (
    select bare.*, level.*
    from bare
    cross join (values
        (0 /* campaign */, 4),
        (0 /* campaign */, 96),
        (1 /* account */, 4),
        (1 /* account */, 96)
    ) as level (scope, width)
    union all
    select fine.*, level.*
    from fine
    cross join (values
        (2 /* agent_of_campaign */, 96),
        (3 /* agent */, 96)
    ) as level (scope, width)
    where agent_id is not null
) rows
group by 2, 3, 4, 5, 6, 7
having sum(dials) <> 0
    or sum(answers) <> 0
    or sum(abandoned) <> 0
    or sum(blocked) <> 0
    or sum(in_progress) <> 0
    or sum(conversions) <> 0
    or sum(talk_sec) <> 0
    or sum(handling_sec) <> 0
order by 2, 3, 4, 5, 6, 7
;

-- Adds rows to telesales_dispositions_by_source. They are summed by the finest bucket first, which leaves few sums for every level and scope.
-- Agents multiply rows, so sums over all agents are made from sums by agent. They come as the key lies, which spares the index.
with fine as materialized ( -- without sums of entries that cancel each other out
    select *
    from (
        select r.campaign_id,
               r.agent_id as agent_id,
               callboard_bucket(r.quarter, 96) as bucket,
               r.disposition collate "C" as code,
               coalesce(lead.source, '(unknown)') collate "C" as source,
               sum(r.weight * 1)::integer as calls
        from (
            select tenant_id,
                   1 as weight,
                   callboard_quarter(started_at) as quarter,
                   campaign_id,
                   lead_id,
                   started_at,
                   agent_id,
                   cid,
                   result,
                   talk_sec,
                   wrap_sec,
                   disposition
            from telesales_calls
            where tenant_id = $1
            and nullif(callboard_quarter(started_at) >= (select callboard_quarter(callboard_complete_from($1))), false) is not null
            and started_at >= to_timestamp($2)
              and started_at <= to_timestamp($3) - interval '1 microsecond'
        ) r
        left join (
            select l.id as id, callboard_source(l.source) as source
            from telesales_leads l
            where l.tenant_id = $1
        ) present on present.id = r.lead_id
        left join (
            select id, max(source) filter (where n > 0) as source
            from (
                select id, source, sum(n) as n
                from (
                    select l.id as id, callboard_source(l.source) as source, -l.weight as n
                    from telesales_leads_journal l
                    where l.tenant_id = $1
                    union all
                    select l.id, callboard_source(l.source), 1
                    from (select distinct id from telesales_leads_journal where tenant_id = $1) changed
                    cross join lateral (
                        select *
                        from telesales_leads l
                        where l.tenant_id = $1
                          and l.id = changed.id
                        offset 0
                    ) l
                ) versions
                group by id, source
            ) leads
            group by id
        ) before on before.id = r.lead_id
        cross join lateral (
            select case when before.id is null then present.source else before.source end as source
        ) lead
        where r.disposition is not null
        group by 1, 2, 3, 4, 5
    ) sums
    where calls <> 0
), bare as (
    select campaign_id,
           null::bigint as agent_id,
           bucket,
           code,
           source,
           sum(calls)::integer as calls
    from fine
    group by 1, 3, 4, 5
)
insert into telesales_dispositions_by_source as stored (
    tenant_id,
    campaign_id,
    agent_id,
    scope,
    width,
    bucket,
    code,
    source,
    calls
)
select $1,
       case when scope in (0 /* campaign */, 2 /* agent_of_campaign */) then campaign_id else 0 end,
       coalesce(agent_id, 0),
       scope,
       width,
       callboard_bucket(bucket, width / 96),
       code,
       source,
       sum(calls)
from bare
cross join (values
    (0 /* campaign */, 96),
    (1 /* account */, 96)
) as level (scope, width)
group by 2, 3, 4, 5, 6, 7, 8
having sum(calls) <> 0
order by 2, 3, 4, 5, 6, 7, 8
;

-- Brings telesales_trail up to date with the links.
insert into telesales_trail as stored (tenant_id, campaign_id, lead_id, hour, stages, n)
select $1,
       campaign_id,
       lead_id,
       hour,
       stages,
       sum(weight)
from (
    select r.campaign_id,
           r.lead_id,
           callboard_bucket(r.quarter, 4) as hour,
           (
               case when callboard_is_dial(r.result) then 1 else 0 end
               + case when callboard_is_answer(r.result) then 2 else 0 end
               + case when callboard_is_dial(r.result) and r.talk_sec > 30 then 4 else 0 end
               + case when callboard_is_dial(r.result) and r.disposition is not null then 8 else 0 end
               + case when callboard_is_dial(r.result) and r.disposition = any ((select callboard_conversions($1))::text[]) then 16 else 0 end
           )::smallint as stages,
           r.weight
    from (
        select tenant_id,
               1 as weight,
               callboard_quarter(started_at) as quarter,
               campaign_id,
               lead_id,
               started_at,
               agent_id,
               cid,
               result,
               talk_sec,
               wrap_sec,
               disposition
        from telesales_calls
        where tenant_id = $1
        and nullif(callboard_quarter(started_at) >= (select callboard_quarter(callboard_complete_from($1))), false) is not null
        and started_at >= to_timestamp($2)
          and started_at <= to_timestamp($3) - interval '1 microsecond'
    ) r
) r
where stages <> 0
group by campaign_id, lead_id, hour, stages
having sum(weight) <> 0
order by lead_id, hour, campaign_id, stages
;

-- Deletes the entries of a slice, from the second $2 on, before $3: its rows contain them.
delete from telesales_calls_journal
where tenant_id = $1
  and quarter >= callboard_quarter(to_timestamp($2))
  and quarter <= callboard_quarter(to_timestamp($3) - interval '1 microsecond');

----------------------------------------------------------------------------------------------------------------------
-- Compaction of telesales: rebuild from all rows, stage pairs
----------------------------------------------------------------------------------------------------------------------

-- Adds changes to telesales_links, while the trail still records what they were made of.
with versions as (
    select 1 as version,
           s.scope,
           case when s.scope = 0 /* campaign */ then t.campaign_id else 0 end as campaign_id,
           t.lead_id,
           t.hour,
           bit_or(t.stages) as stages
    from telesales_trail t
    cross join (values (0 /* campaign */), (1 /* account */)) s (scope)
    where t.tenant_id = $1
    group by 2, 3, 4, 5
),
chains as ( -- each hour of a lead with the last hour before it in each stage
    select version,
           scope,
           campaign_id,
           hour,
           stages,
           max(hour) filter (where stages & 1 <> 0) over earlier as dialed,
           max(hour) filter (where stages & 2 <> 0) over earlier as connected,
           max(hour) filter (where stages & 4 <> 0) over earlier as talked,
           max(hour) filter (where stages & 8 <> 0) over earlier as disposed,
           max(hour) filter (where stages & 16 <> 0) over earlier as converted
    from versions
    window earlier as (
        partition by version, scope, campaign_id, lead_id
        order by hour
        rows between unbounded preceding and 1 preceding
    )
), linked as ( -- from each hour to itself, then from the last hour before to it
    select scope,
           campaign_id,
           hour as earlier,
           hour as later,
           sum(case when stages & 1 <> 0 then version else 0 end)::integer as dialed,
           sum(case when stages & 2 <> 0 then version else 0 end)::integer as connected,
           sum(case when stages & 4 <> 0 then version else 0 end)::integer as talked,
           sum(case when stages & 8 <> 0 then version else 0 end)::integer as disposed,
           sum(case when stages & 16 <> 0 then version else 0 end)::integer as converted
    from chains
    group by 1, 2, 3
    union all
    select scope,
           campaign_id,
           b.earlier,
           hour,
           -sum(case when b.stage = 1 then version else 0 end)::integer,
           -sum(case when b.stage = 2 then version else 0 end)::integer,
           -sum(case when b.stage = 4 then version else 0 end)::integer,
           -sum(case when b.stage = 8 then version else 0 end)::integer,
           -sum(case when b.stage = 16 then version else 0 end)::integer
    from chains
    cross join lateral (values
        (1, dialed),
        (2, connected),
        (4, talked),
        (8, disposed),
        (16, converted)
    ) b (stage, earlier)
    where b.earlier is not null
      and stages & b.stage <> 0
    group by 1, 2, 3, 4
)
insert into telesales_links as stored (
    tenant_id,
    campaign_id,
    scope,
    width,
    later_width,
    bucket,
    later_bucket,
    dialed,
    connected,
    talked,
    disposed,
    converted
)
select $1,
       campaign_id,
       scope,
       w.width,
       v.width,
       callboard_bucket(earlier, w.width / 4),
       callboard_bucket(later, v.width / 4),
       sum(dialed),
       sum(connected),
       sum(talked),
       sum(disposed),
       sum(converted)
from linked
cross join (values (4), (96)) w (width)
cross join (values (4), (96)) v (width)
group by 2, 3, 4, 5, 6, 7
having sum(dialed) <> 0
    or sum(connected) <> 0
    or sum(talked) <> 0
    or sum(disposed) <> 0
    or sum(converted) <> 0
order by 2, 3, 4, 5, 6, 7
;

----------------------------------------------------------------------------------------------------------------------
-- Compaction of telesales: rebuild from all rows, leads
----------------------------------------------------------------------------------------------------------------------

-- Adds rows to telesales_totals_by_source. They are summed by the finest bucket first, which leaves few sums for every level and scope.
-- Agents multiply rows, so sums over all agents are made from sums by agent. They come as the key lies, which spares the index.
with fine as materialized ( -- without sums of entries that cancel each other out
    select *
    from (
        select r.campaign_id,
               r.agent_id as agent_id,
               callboard_bucket(r.quarter, 4) as bucket,
               coalesce(lead.source, '(unknown)') collate "C" as source,
               sum(r.weight * case when callboard_is_dial(r.result) then 1 else 0 end)::integer as dials,
               sum(r.weight * case when callboard_is_answer(r.result) then 1 else 0 end)::integer as answers,
               sum(r.weight * case when r.result = 'abandoned' then 1 else 0 end)::integer as abandoned,
               sum(r.weight * case when r.result = 'blocked' then 1 else 0 end)::integer as blocked,
               sum(r.weight * case when r.result is null then 1 else 0 end)::integer as in_progress,
               sum(r.weight * case when callboard_is_dial(r.result) and r.disposition = any ((select callboard_conversions($1))::text[]) then 1 else 0 end)::integer as conversions,
               sum(r.weight * case when callboard_is_dial(r.result) then (r.talk_sec)::bigint else 0 end)::bigint as talk_sec,
               sum(r.weight * case when callboard_is_answer(r.result) then (r.talk_sec::bigint + r.wrap_sec)::bigint else 0 end)::bigint as handling_sec
        from (
            with changed as materialized (
                select lead_id,
                       source,
                       sum(n)::integer as n
                from (
                    select l.id as lead_id,
                           callboard_source(l.source) as source,
                           l.weight as n
                    from telesales_leads_journal l
                    where l.tenant_id = $1
                    union all
                    select l.id,
                           '(unknown)',
                           -l.weight
                    from telesales_leads_journal l
                    where l.tenant_id = $1
                ) entries
                group by 1, 2
                having sum(n) <> 0
            )
            select changed.n as weight,
                   callboard_quarter(r.started_at) as quarter,
                   r.campaign_id,
                   r.lead_id,
                   r.started_at,
                   r.agent_id,
                   r.cid,
                   r.result,
                   r.talk_sec,
                   r.wrap_sec,
                   r.disposition,
                   changed.source
            from changed
            cross join lateral (
                select *
                from telesales_calls r
                where r.tenant_id = $1
                  and r.lead_id = changed.lead_id
                  and callboard_quarter(r.started_at) >= (select callboard_quarter(coalesce((select complete_from from tenants where id = $1), '-infinity')))
                offset 0
            ) r
            union all
            select -r.n * r.weight,
                   r.quarter,
                   r.campaign_id,
                   r.lead_id,
                   r.started_at,
                   r.agent_id,
                   r.cid,
                   r.result,
                   r.talk_sec,
                   r.wrap_sec,
                   r.disposition,
                   r.source
            from ( -- a full join, behind a fence: of journals that were never analyzed a nested loop would compare all with all
                select r.*,
                       changed.n,
                       changed.source
                from changed
                full join (
                    select *
                    from telesales_calls_journal
                    where tenant_id = $1
                      and quarter >= (select callboard_quarter(coalesce((select complete_from from tenants where id = $1), '-infinity')))
                ) r on r.lead_id = changed.lead_id
                offset 0
            ) r
            where r.n is not null
              and r.weight is not null
        ) r
        cross join lateral (select r.source) lead
        group by 1, 2, 3, 4
    ) sums
    where dials <> 0
        or answers <> 0
        or abandoned <> 0
        or blocked <> 0
        or in_progress <> 0
        or conversions <> 0
        or talk_sec <> 0
        or handling_sec <> 0
), bare as (
    select campaign_id,
           null::bigint as agent_id,
           bucket,
           source,
           sum(dials)::integer as dials,
           sum(answers)::integer as answers,
           sum(abandoned)::integer as abandoned,
           sum(blocked)::integer as blocked,
           sum(in_progress)::integer as in_progress,
           sum(conversions)::integer as conversions,
           sum(talk_sec)::bigint as talk_sec,
           sum(handling_sec)::bigint as handling_sec
    from fine
    group by 1, 3, 4
)
insert into telesales_totals_by_source as stored (
    tenant_id,
    campaign_id,
    agent_id,
    scope,
    width,
    bucket,
    source,
    dials,
    answers,
    abandoned,
    blocked,
    in_progress,
    conversions,
    talk_sec,
    handling_sec
)
select $1,
       case when scope in (0 /* campaign */, 2 /* agent_of_campaign */) then campaign_id else 0 end,
       coalesce(agent_id, 0),
       scope,
       width,
       callboard_bucket(bucket, width / 4),
       source,
       sum(dials),
       sum(answers),
       sum(abandoned),
       sum(blocked),
       sum(in_progress),
       sum(conversions),
       sum(talk_sec),
       sum(handling_sec)
from (
    select bare.*, level.*
    from bare
    cross join (values
        (0 /* campaign */, 4),
        (0 /* campaign */, 96),
        (1 /* account */, 4),
        (1 /* account */, 96)
    ) as level (scope, width)
    union all
    select fine.*, level.*
    from fine
    cross join (values
        (2 /* agent_of_campaign */, 96),
        (3 /* agent */, 96)
    ) as level (scope, width)
    where agent_id is not null
) rows
group by 2, 3, 4, 5, 6, 7
having sum(dials) <> 0
    or sum(answers) <> 0
    or sum(abandoned) <> 0
    or sum(blocked) <> 0
    or sum(in_progress) <> 0
    or sum(conversions) <> 0
    or sum(talk_sec) <> 0
    or sum(handling_sec) <> 0
order by 2, 3, 4, 5, 6, 7
on conflict (tenant_id, campaign_id, agent_id, scope, width, bucket, callboard_key(source)) do update set
    dials = stored.dials + excluded.dials,
    answers = stored.answers + excluded.answers,
    abandoned = stored.abandoned + excluded.abandoned,
    blocked = stored.blocked + excluded.blocked,
    in_progress = stored.in_progress + excluded.in_progress,
    conversions = stored.conversions + excluded.conversions,
    talk_sec = stored.talk_sec + excluded.talk_sec,
    handling_sec = stored.handling_sec + excluded.handling_sec;

-- Adds rows to telesales_dispositions_by_source. They are summed by the finest bucket first, which leaves few sums for every level and scope.
-- Agents multiply rows, so sums over all agents are made from sums by agent. They come as the key lies, which spares the index.
with fine as materialized ( -- without sums of entries that cancel each other out
    select *
    from (
        select r.campaign_id,
               r.agent_id as agent_id,
               callboard_bucket(r.quarter, 96) as bucket,
               r.disposition collate "C" as code,
               coalesce(lead.source, '(unknown)') collate "C" as source,
               sum(r.weight * 1)::integer as calls
        from (
            with changed as materialized (
                select lead_id,
                       source,
                       sum(n)::integer as n
                from (
                    select l.id as lead_id,
                           callboard_source(l.source) as source,
                           l.weight as n
                    from telesales_leads_journal l
                    where l.tenant_id = $1
                    union all
                    select l.id,
                           '(unknown)',
                           -l.weight
                    from telesales_leads_journal l
                    where l.tenant_id = $1
                ) entries
                group by 1, 2
                having sum(n) <> 0
            )
            select changed.n as weight,
                   callboard_quarter(r.started_at) as quarter,
                   r.campaign_id,
                   r.lead_id,
                   r.started_at,
                   r.agent_id,
                   r.cid,
                   r.result,
                   r.talk_sec,
                   r.wrap_sec,
                   r.disposition,
                   changed.source
            from changed
            cross join lateral (
                select *
                from telesales_calls r
                where r.tenant_id = $1
                  and r.lead_id = changed.lead_id
                  and callboard_quarter(r.started_at) >= (select callboard_quarter(coalesce((select complete_from from tenants where id = $1), '-infinity')))
                offset 0
            ) r
            union all
            select -r.n * r.weight,
                   r.quarter,
                   r.campaign_id,
                   r.lead_id,
                   r.started_at,
                   r.agent_id,
                   r.cid,
                   r.result,
                   r.talk_sec,
                   r.wrap_sec,
                   r.disposition,
                   r.source
            from ( -- a full join, behind a fence: of journals that were never analyzed a nested loop would compare all with all
                select r.*,
                       changed.n,
                       changed.source
                from changed
                full join (
                    select *
                    from telesales_calls_journal
                    where tenant_id = $1
                      and quarter >= (select callboard_quarter(coalesce((select complete_from from tenants where id = $1), '-infinity')))
                ) r on r.lead_id = changed.lead_id
                offset 0
            ) r
            where r.n is not null
              and r.weight is not null
        ) r
        cross join lateral (select r.source) lead
        where r.disposition is not null
        group by 1, 2, 3, 4, 5
    ) sums
    where calls <> 0
), bare as (
    select campaign_id,
           null::bigint as agent_id,
           bucket,
           code,
           source,
           sum(calls)::integer as calls
    from fine
    group by 1, 3, 4, 5
)
insert into telesales_dispositions_by_source as stored (
    tenant_id,
    campaign_id,
    agent_id,
    scope,
    width,
    bucket,
    code,
    source,
    calls
)
select $1,
       case when scope in (0 /* campaign */, 2 /* agent_of_campaign */) then campaign_id else 0 end,
       coalesce(agent_id, 0),
       scope,
       width,
       callboard_bucket(bucket, width / 96),
       code,
       source,
       sum(calls)
from bare
cross join (values
    (0 /* campaign */, 96),
    (1 /* account */, 96)
) as level (scope, width)
group by 2, 3, 4, 5, 6, 7, 8
having sum(calls) <> 0
order by 2, 3, 4, 5, 6, 7, 8
on conflict (tenant_id, campaign_id, agent_id, scope, width, bucket, callboard_key(code), callboard_key(source)) do update set
    calls = stored.calls + excluded.calls;

-- Adds rows to telesales_lead_totals. They are summed by the finest bucket first, which leaves few sums for every level and scope.
-- Agents multiply rows, so sums over all agents are made from sums by agent. They come as the key lies, which spares the index.
with fine as materialized ( -- without sums of entries that cancel each other out
    select *
    from (
        select r.campaign_id,
               null::bigint as agent_id,
               r.quarter as bucket,
               sum(r.weight * 1)::integer as leads
        from (
            select tenant_id,
                   1 as weight,
                   callboard_quarter(created_at) as quarter,
                   campaign_id,
                   id,
                   created_at,
                   source
            from telesales_leads
            where tenant_id = $1
            and nullif(callboard_quarter(created_at) >= (select callboard_quarter(callboard_complete_from($1))), false) is not null
        ) r
        group by 1, 2, 3
    ) sums
    where leads <> 0
), bare as (
    select campaign_id,
           null::bigint as agent_id,
           bucket,
           sum(leads)::integer as leads
    from fine
    group by 1, 3
)
insert into telesales_lead_totals as stored (
    tenant_id,
    campaign_id,
    agent_id,
    scope,
    width,
    bucket,
    leads
)
select $1,
       case when scope in (0 /* campaign */, 2 /* agent_of_campaign */) then campaign_id else 0 end,
       coalesce(agent_id, 0),
       scope,
       width,
       callboard_bucket(bucket, width / 1),
       sum(leads)
from bare
cross join (values
    (0 /* campaign */, 1),
    (0 /* campaign */, 4),
    (0 /* campaign */, 96),
    (1 /* account */, 1),
    (1 /* account */, 4),
    (1 /* account */, 96)
) as level (scope, width)
group by 2, 3, 4, 5, 6
having sum(leads) <> 0
order by 2, 3, 4, 5, 6
;

-- Adds rows to telesales_lead_sources. They are summed by the finest bucket first, which leaves few sums for every level and scope.
-- Agents multiply rows, so sums over all agents are made from sums by agent. They come as the key lies, which spares the index.
with fine as materialized ( -- without sums of entries that cancel each other out
    select *
    from (
        select r.campaign_id,
               null::bigint as agent_id,
               r.quarter as bucket,
               callboard_source(r.source) collate "C" as source,
               sum(r.weight * 1)::integer as leads
        from (
            select tenant_id,
                   1 as weight,
                   callboard_quarter(created_at) as quarter,
                   campaign_id,
                   id,
                   created_at,
                   source
            from telesales_leads
            where tenant_id = $1
            and nullif(callboard_quarter(created_at) >= (select callboard_quarter(callboard_complete_from($1))), false) is not null
        ) r
        group by 1, 2, 3, 4
    ) sums
    where leads <> 0
), bare as (
    select campaign_id,
           null::bigint as agent_id,
           bucket,
           source,
           sum(leads)::integer as leads
    from fine
    group by 1, 3, 4
)
insert into telesales_lead_sources as stored (
    tenant_id,
    campaign_id,
    agent_id,
    scope,
    width,
    bucket,
    source,
    leads
)
select $1,
       case when scope in (0 /* campaign */, 2 /* agent_of_campaign */) then campaign_id else 0 end,
       coalesce(agent_id, 0),
       scope,
       width,
       callboard_bucket(bucket, width / 1),
       source,
       sum(leads)
from bare
cross join (values
    (0 /* campaign */, 4),
    (0 /* campaign */, 96),
    (1 /* account */, 1),
    (1 /* account */, 4),
    (1 /* account */, 96)
) as level (scope, width)
group by 2, 3, 4, 5, 6, 7
having sum(leads) <> 0
order by 2, 3, 4, 5, 6, 7
;

-- In a rebuild: adds what is kept from before the account's complete-from to the hours and days that this divides.
insert into telesales_totals as stored (
    tenant_id,
    scope,
    campaign_id,
    agent_id,
    width,
    bucket,
    dials,
    answers,
    abandoned,
    blocked,
    in_progress,
    conversions,
    talk_sec,
    handling_sec
)
select tenant_id,
       scope,
       campaign_id,
       agent_id,
       level.width,
       callboard_bucket(bucket, level.width),
       sum(dials),
       sum(answers),
       sum(abandoned),
       sum(blocked),
       sum(in_progress),
       sum(conversions),
       sum(talk_sec),
       sum(handling_sec)
from (
    select *
    from telesales_totals
    where tenant_id = $1
      and width = 1
) quarters
join (values
    (0 /* campaign */, 4),
    (0 /* campaign */, 96),
    (1 /* account */, 4),
    (1 /* account */, 96),
    (2 /* agent_of_campaign */, 4),
    (2 /* agent_of_campaign */, 96),
    (3 /* agent */, 4),
    (3 /* agent */, 96)
) as level (of_scope, width) on level.of_scope = quarters.scope
cross join (select callboard_quarter(callboard_complete_from($1)) as quarter offset 0) cut
where bucket < cut.quarter
  and bucket >= callboard_bucket(cut.quarter, level.width) * level.width
group by 1, 2, 3, 4, 5, 6
having sum(dials) <> 0
    or sum(answers) <> 0
    or sum(abandoned) <> 0
    or sum(blocked) <> 0
    or sum(in_progress) <> 0
    or sum(conversions) <> 0
    or sum(talk_sec) <> 0
    or sum(handling_sec) <> 0
on conflict (tenant_id, campaign_id, agent_id, scope, width, bucket) do update set
    dials = stored.dials + excluded.dials,
    answers = stored.answers + excluded.answers,
    abandoned = stored.abandoned + excluded.abandoned,
    blocked = stored.blocked + excluded.blocked,
    in_progress = stored.in_progress + excluded.in_progress,
    conversions = stored.conversions + excluded.conversions,
    talk_sec = stored.talk_sec + excluded.talk_sec,
    handling_sec = stored.handling_sec + excluded.handling_sec;

-- In a rebuild: adds what is kept from before the account's complete-from to the hours and days that this divides.
insert into telesales_dispositions as stored (
    tenant_id,
    scope,
    campaign_id,
    agent_id,
    width,
    bucket,
    code,
    calls
)
select tenant_id,
       scope,
       campaign_id,
       agent_id,
       level.width,
       callboard_bucket(bucket, level.width),
       code,
       sum(calls)
from (
    select *
    from telesales_dispositions
    where tenant_id = $1
      and width = 1
) quarters
join (values
    (0 /* campaign */, 4),
    (0 /* campaign */, 96),
    (1 /* account */, 4),
    (1 /* account */, 96),
    (2 /* agent_of_campaign */, 96),
    (3 /* agent */, 96)
) as level (of_scope, width) on level.of_scope = quarters.scope
cross join (select callboard_quarter(callboard_complete_from($1)) as quarter offset 0) cut
where bucket < cut.quarter
  and bucket >= callboard_bucket(cut.quarter, level.width) * level.width
group by 1, 2, 3, 4, 5, 6, 7
having sum(calls) <> 0
on conflict (tenant_id, campaign_id, agent_id, scope, width, bucket, callboard_key(code)) do update set
    calls = stored.calls + excluded.calls;

-- In a rebuild: adds what is kept from before the account's complete-from to the hours and days that this divides.
insert into telesales_caller_ids as stored (
    tenant_id,
    scope,
    campaign_id,
    agent_id,
    width,
    bucket,
    cid,
    calls,
    answers,
    short,
    rejected,
    talk_sec
)
select tenant_id,
       scope,
       campaign_id,
       agent_id,
       level.width,
       callboard_bucket(bucket, level.width),
       cid,
       sum(calls),
       sum(answers),
       sum(short),
       sum(rejected),
       sum(talk_sec)
from (
    select *
    from telesales_caller_ids
    where tenant_id = $1
      and width = 1
) quarters
join (values
    (0 /* campaign */, 4),
    (0 /* campaign */, 96),
    (1 /* account */, 4),
    (1 /* account */, 96),
    (2 /* agent_of_campaign */, 96),
    (3 /* agent */, 96)
) as level (of_scope, width) on level.of_scope = quarters.scope
cross join (select callboard_quarter(callboard_complete_from($1)) as quarter offset 0) cut
where bucket < cut.quarter
  and bucket >= callboard_bucket(cut.quarter, level.width) * level.width
group by 1, 2, 3, 4, 5, 6, 7
having sum(calls) <> 0
    or sum(answers) <> 0
    or sum(short) <> 0
    or sum(rejected) <> 0
    or sum(talk_sec) <> 0
on conflict (tenant_id, campaign_id, agent_id, scope, width, bucket, callboard_key(cid)) do update set
    calls = stored.calls + excluded.calls,
    answers = stored.answers + excluded.answers,
    short = stored.short + excluded.short,
    rejected = stored.rejected + excluded.rejected,
    talk_sec = stored.talk_sec + excluded.talk_sec;

-- In a rebuild: adds what is kept from before the account's complete-from to the hours and days that this divides.
insert into telesales_totals_by_source as stored (
    tenant_id,
    scope,
    campaign_id,
    agent_id,
    width,
    bucket,
    source,
    dials,
    answers,
    abandoned,
    blocked,
    in_progress,
    conversions,
    talk_sec,
    handling_sec
)
select tenant_id,
       scope,
       campaign_id,
       agent_id,
       level.width,
       callboard_bucket(bucket, level.width),
       source,
       sum(dials),
       sum(answers),
       sum(abandoned),
       sum(blocked),
       sum(in_progress),
       sum(conversions),
       sum(talk_sec),
       sum(handling_sec)
from (
    select *
    from telesales_totals_by_source
    where tenant_id = $1
      and width = 1
) quarters
join (values
    (0 /* campaign */, 4),
    (0 /* campaign */, 96),
    (1 /* account */, 4),
    (1 /* account */, 96),
    (2 /* agent_of_campaign */, 96),
    (3 /* agent */, 96)
) as level (of_scope, width) on level.of_scope = quarters.scope
cross join (select callboard_quarter(callboard_complete_from($1)) as quarter offset 0) cut
where bucket < cut.quarter
  and bucket >= callboard_bucket(cut.quarter, level.width) * level.width
group by 1, 2, 3, 4, 5, 6, 7
having sum(dials) <> 0
    or sum(answers) <> 0
    or sum(abandoned) <> 0
    or sum(blocked) <> 0
    or sum(in_progress) <> 0
    or sum(conversions) <> 0
    or sum(talk_sec) <> 0
    or sum(handling_sec) <> 0
on conflict (tenant_id, campaign_id, agent_id, scope, width, bucket, callboard_key(source)) do update set
    dials = stored.dials + excluded.dials,
    answers = stored.answers + excluded.answers,
    abandoned = stored.abandoned + excluded.abandoned,
    blocked = stored.blocked + excluded.blocked,
    in_progress = stored.in_progress + excluded.in_progress,
    conversions = stored.conversions + excluded.conversions,
    talk_sec = stored.talk_sec + excluded.talk_sec,
    handling_sec = stored.handling_sec + excluded.handling_sec;

-- In a rebuild: adds what is kept from before the account's complete-from to the hours and days that this divides.
insert into telesales_dispositions_by_source as stored (
    tenant_id,
    scope,
    campaign_id,
    agent_id,
    width,
    bucket,
    code,
    source,
    calls
)
select tenant_id,
       scope,
       campaign_id,
       agent_id,
       level.width,
       callboard_bucket(bucket, level.width),
       code,
       source,
       sum(calls)
from (
    select *
    from telesales_dispositions_by_source
    where tenant_id = $1
      and width = 1
) quarters
join (values
    (0 /* campaign */, 96),
    (1 /* account */, 96)
) as level (of_scope, width) on level.of_scope = quarters.scope
cross join (select callboard_quarter(callboard_complete_from($1)) as quarter offset 0) cut
where bucket < cut.quarter
  and bucket >= callboard_bucket(cut.quarter, level.width) * level.width
group by 1, 2, 3, 4, 5, 6, 7, 8
having sum(calls) <> 0
on conflict (tenant_id, campaign_id, agent_id, scope, width, bucket, callboard_key(code), callboard_key(source)) do update set
    calls = stored.calls + excluded.calls;

-- In a rebuild: adds what is kept from before the account's complete-from to the hours and days that this divides.
insert into telesales_lead_totals as stored (
    tenant_id,
    scope,
    campaign_id,
    agent_id,
    width,
    bucket,
    leads
)
select tenant_id,
       scope,
       campaign_id,
       agent_id,
       level.width,
       callboard_bucket(bucket, level.width),
       sum(leads)
from (
    select *
    from telesales_lead_totals
    where tenant_id = $1
      and width = 1
) quarters
join (values
    (0 /* campaign */, 4),
    (0 /* campaign */, 96),
    (1 /* account */, 4),
    (1 /* account */, 96)
) as level (of_scope, width) on level.of_scope = quarters.scope
cross join (select callboard_quarter(callboard_complete_from($1)) as quarter offset 0) cut
where bucket < cut.quarter
  and bucket >= callboard_bucket(cut.quarter, level.width) * level.width
group by 1, 2, 3, 4, 5, 6
having sum(leads) <> 0
on conflict (tenant_id, campaign_id, agent_id, scope, width, bucket) do update set
    leads = stored.leads + excluded.leads;

-- In a rebuild: adds what is kept from before the account's complete-from to the hours and days that this divides.
insert into telesales_lead_sources as stored (
    tenant_id,
    scope,
    campaign_id,
    agent_id,
    width,
    bucket,
    source,
    leads
)
select tenant_id,
       scope,
       campaign_id,
       agent_id,
       level.width,
       callboard_bucket(bucket, level.width),
       source,
       sum(leads)
from (
    select *
    from telesales_lead_sources
    where tenant_id = $1
      and width = 1
) quarters
join (values
    (0 /* campaign */, 4),
    (0 /* campaign */, 96),
    (1 /* account */, 4),
    (1 /* account */, 96)
) as level (of_scope, width) on level.of_scope = quarters.scope
cross join (select callboard_quarter(callboard_complete_from($1)) as quarter offset 0) cut
where bucket < cut.quarter
  and bucket >= callboard_bucket(cut.quarter, level.width) * level.width
group by 1, 2, 3, 4, 5, 6, 7
having sum(leads) <> 0
on conflict (tenant_id, campaign_id, agent_id, scope, width, bucket, callboard_key(source)) do update set
    leads = stored.leads + excluded.leads;

-- Adds changes to the links of lead sources. For the journal, it runs before the trail of calls is updated; in a rebuild,
-- after the trail is built.
with nearest as ( -- of each lead in each stage: the first hour from its creation on, the last hour before
    select 1 as version,
           s.scope,
           case when s.scope = 0 /* campaign */ then r.campaign_id else 0 end as campaign_id,
           callboard_source(r.source) collate "C" as source,
           b.stage,
           r.created,
           min(t.hour) filter (where t.hour >= r.created) as after,
           max(t.hour) filter (where t.hour < r.created) as before
    from (
        select r.id,
               r.campaign_id,
               r.source,
               callboard_bucket(callboard_quarter(r.created_at), 4) as created
        from telesales_leads r
        where r.tenant_id = $1
    ) r
    join telesales_trail t on t.tenant_id = $1 and t.lead_id = r.id
    cross join (values (0 /* campaign */), (1 /* account */)) s (scope)
    cross join (values (1), (2), (16)) b (stage)
    where t.stages & b.stage <> 0
      and (s.scope = 1 /* account */ or t.campaign_id = r.campaign_id)
    group by r.id, r.campaign_id, r.source, r.created, s.scope, b.stage
),
pairs as (
    select scope, campaign_id, source, stage, created as earlier, after as later, version as weight
    from nearest
    where after is not null
    union all
    select scope, campaign_id, source, stage, before, created, version
    from nearest
    where before is not null
    union all
    select scope, campaign_id, source, stage, before, after, -version
    from nearest
    where before is not null and after is not null
)
insert into telesales_source_links as stored (
    tenant_id,
    campaign_id,
    scope,
    width,
    later_width,
    bucket,
    later_bucket,
    source,
    dialed,
    connected,
    converted
)
select $1,
       campaign_id,
       scope,
       w.width,
       v.width,
       callboard_bucket(earlier, w.width / 4),
       callboard_bucket(later, v.width / 4),
       source,
       coalesce(sum(weight) filter (where stage = 1), 0),
       coalesce(sum(weight) filter (where stage = 2), 0),
       coalesce(sum(weight) filter (where stage = 16), 0)
from pairs
cross join (values (4), (96)) w (width)
cross join (values (4), (96)) v (width)
group by 2, 3, 4, 5, 6, 7, 8
having coalesce(sum(weight) filter (where stage = 1), 0) <> 0
    or coalesce(sum(weight) filter (where stage = 2), 0) <> 0
    or coalesce(sum(weight) filter (where stage = 16), 0) <> 0
order by 2, 3, 4, 5, 6, 7
;

delete from telesales_leads_journal
where tenant_id = $1;

----------------------------------------------------------------------------------------------------------------------
-- Compaction of telesales: rebuild from all rows, looking for slices
----------------------------------------------------------------------------------------------------------------------

-- The day of the tenant's cut, if it has one, and the number of calls from it on.
select
    cut.day,
    (
        select count(*)
        from telesales_calls
        where tenant_id = $1
          and started_at >= callboard_complete_from($1)
    ) as calls
from (
    select case when complete_from is not null then callboard_bucket(callboard_quarter(complete_from), 96) end as day
    from tenants
    where id = $1
) cut;

-- The end of the slice that begins at the second $2, and its number of calls: as many whole days as have at most $3 calls, or
-- one with more. It has no end if no more calls follow; instants beyond the last quarter are in that one.
with near as (
    select started_at as at
    from telesales_calls
    where tenant_id = $1
      and started_at >= to_timestamp($2)
    order by started_at
    limit 1
), far as (
    select started_at as at
    from telesales_calls
    where tenant_id = $1
      and started_at >= to_timestamp($2)
    order by started_at
    offset $3
    limit 1
), ends as (
    select greatest(
               callboard_bucket(callboard_quarter(far.at), 96),
               callboard_bucket(callboard_quarter(near.at), 96) + 1
           ) as day
    from near
    cross join far
), slice as (
    select max(day) filter (where day <= callboard_bucket(callboard_quarter('infinity'), 96)) as day
    from ends
)
select
    slice.day,
    (
        select count(*)
        from telesales_calls
        where tenant_id = $1
          and started_at >= to_timestamp($2)
          and started_at <= to_timestamp(coalesce(slice.day * 86400.0, 'infinity')::float8) - interval '1 microsecond'
    ) as calls
from slice;
