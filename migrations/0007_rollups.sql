-- What the roll-ups stand on. The roll-ups themselves, their journal and their triggers are derived from a list
-- in the server (src/rollups/catalog.rs) and made when it starts; here is what does not change with that list.

-- Which list the derived tables were made from, and which functions read them.
create table rollup_schema (
    tables       text not null,
    readers      text not null,
    installed_at timestamptz not null default now()
);

-- What cannot be trusted until it is made anew, because a term changed that sums were made by: read from the
-- raw rows meanwhile. Only ever added to by those who change a term, so that no two of them meet; whoever makes
-- the sums anew deletes the rows that it saw.
create table rollup_stale (
    tenant_id   bigint not null,
    id          bigint generated always as identity,
    module      text not null check (module in ('autocall', 'telesales')),
    -- Null: all of the account's.
    campaign_id bigint,
    primary key (tenant_id, id)
);
call callboard_guard('rollup_stale');
-- Rows come from triggers, under whatever role somebody's own SQL runs.
create policy told on rollup_stale for insert with check (true);

-- The quarter of an hour that an instant lies in, counted since 1970.
create function callboard_quarter(at timestamptz) returns integer
    language sql stable parallel safe
    as $$ select (date_part('epoch', date_bin('15 minutes', at, '1970-01-01 00:00:00+00')) / 900)::integer $$;

-- The bucket so many quarters wide that a quarter lies in; before 1970 too.
create function callboard_bucket(quarter integer, width integer) returns integer
    language sql immutable parallel safe
    as $$ select (quarter - ((quarter % width) + width) % width) / width $$;

-- The terms that sums are made by and that an account may change.

-- Dispositions that are conversions.
create function callboard_conversions(tenant bigint) returns text[]
    language sql stable parallel safe
    as $$ select array(select code from dispositions where tenant_id = tenant and is_conversion) $$;

-- The keys that a campaign's script gives something to do; null where it defines none and so any key will do.
create function callboard_valid_keys(tenant bigint) returns table (campaign_id bigint, keys text[])
    language sql stable parallel safe
    as $$
        select c.id, (select array_agg(action ->> 'digit') from jsonb_array_elements(s.dtmf_actions) action)
        from autocall_campaigns c
        join autocall_scripts s on s.tenant_id = c.tenant_id and s.id = c.script_id
        where c.tenant_id = tenant
    $$;

-- Who changes a term says so, in the same transaction.

create function callboard_conversions_changed() returns trigger
    language plpgsql security definer set search_path = public, pg_temp
    as $$
    begin
        insert into rollup_stale (tenant_id, module)
        select coalesce(new.tenant_id, old.tenant_id), 'telesales'
        where coalesce(new.is_conversion, false) <> coalesce(old.is_conversion, false)
           or (new.code <> old.code and new.is_conversion);
        return null;
    end $$;
create trigger conversions_changed after insert or update or delete on dispositions
    for each row execute function callboard_conversions_changed();

create function callboard_keys_changed() returns trigger
    language plpgsql security definer set search_path = public, pg_temp
    as $$
    declare
        acting_for text := current_setting('callboard.tenant', true);
    begin
        -- Whoever changed the script may have passed by the guard that this function stands under.
        perform set_config('callboard.tenant', new.tenant_id::text, true);
        insert into rollup_stale (tenant_id, module, campaign_id)
        select c.tenant_id, 'autocall', c.id
        from autocall_campaigns c
        where c.tenant_id = new.tenant_id and c.script_id = new.id;
        perform set_config('callboard.tenant', coalesce(acting_for, ''), true);
        return null;
    end $$;
create trigger keys_changed after update on autocall_scripts for each row
    when (jsonb_path_query_array(old.dtmf_actions, '$[*].digit')
          is distinct from jsonb_path_query_array(new.dtmf_actions, '$[*].digit'))
    execute function callboard_keys_changed();

create function callboard_script_changed() returns trigger
    language plpgsql security definer set search_path = public, pg_temp
    as $$
    begin
        insert into rollup_stale (tenant_id, module, campaign_id)
        values (coalesce(new.tenant_id, old.tenant_id), 'autocall', coalesce(new.id, old.id));
        return null;
    end $$;
create trigger script_given after insert on autocall_campaigns
    for each row when (new.script_id is not null) execute function callboard_script_changed();
create trigger script_changed after update on autocall_campaigns
    for each row when (old.script_id is distinct from new.script_id) execute function callboard_script_changed();
create trigger script_taken after delete on autocall_campaigns
    for each row when (old.script_id is not null) execute function callboard_script_changed();

create function callboard_short_call_changed() returns trigger
    language plpgsql security definer set search_path = public, pg_temp
    as $$
    begin
        insert into rollup_stale (tenant_id, module) values (new.id, 'telesales');
        return null;
    end $$;
create trigger short_call_changed after update on tenants
    for each row when (old.settings -> 'short_call_sec' is distinct from new.settings -> 'short_call_sec')
    execute function callboard_short_call_changed();
