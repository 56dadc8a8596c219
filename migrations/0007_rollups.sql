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
    -- Of this campaign, or of those that have this script whenever somebody looks; all of the account's if null.
    campaign_id bigint,
    script_id   bigint,
    primary key (tenant_id, id)
);
call callboard_guard('rollup_stale');
-- Rows come from triggers, under whatever role somebody's own SQL runs.
create policy told on rollup_stale for insert with check (true);

-- The quarter of an hour that an instant lies in, counted since 1970. What no window reaches, infinity too, lies
-- where the years end. Counted from the first day there is, as Postgres before 15.7 was one off before the origin.
create function callboard_quarter(at timestamptz) returns integer
    language sql stable parallel safe
    as $$ select (date_part('epoch', date_bin('15 minutes',
              least(greatest(at, '4714-11-24 00:00:00+00 BC'), '20000-01-01 00:00:00+00'),
              '4714-11-24 00:00:00+00 BC')) / 900)::integer $$;

-- The bucket so many quarters wide that a quarter lies in; before 1970 too.
create function callboard_bucket(quarter integer, width integer) returns integer
    language sql immutable parallel safe
    as $$ select (quarter - ((quarter % width) + width) % width) / width $$;

-- What a text is told from others by in an index, which holds none that is longer than a third of a page.
create function callboard_key(value text) returns text
    language sql immutable parallel safe
    as $$ select case when octet_length(value) <= 64 then value
                      else 'sha256:' || encode(sha256(convert_to(value, 'UTF8')), 'hex') end $$;

-- The terms that sums are made by and that an account may change.

-- Dispositions that are conversions.
create function callboard_conversions(tenant bigint) returns text[]
    language sql stable parallel safe
    as $$ select array(select code from dispositions where tenant_id = tenant and is_conversion) $$;

-- The keys that a campaign's script gives something to do; null where it defines none and so any key will do.
create function callboard_valid_keys(tenant bigint) returns table (campaign_id bigint, keys text[])
    language sql stable parallel safe
    as $$
        select c.id, (select array_agg(action ->> 'digit')
                      from jsonb_array_elements(
                          case jsonb_typeof(s.dtmf_actions) when 'array' then s.dtmf_actions else '[]' end) action)
        from autocall_campaigns c
        join autocall_scripts s on s.tenant_id = c.tenant_id and s.id = c.script_id
        where c.tenant_id = tenant
    $$;

-- Who changes a term says so, in the same transaction, and says only what he changed: what that means for rows
-- that somebody else is writing at the same time is seen by whoever reads both.

create function callboard_conversions_changed() returns trigger
    language plpgsql security definer set search_path = public, pg_temp
    as $$
    begin
        if tg_op = 'INSERT' then
            insert into rollup_stale (tenant_id, module)
            select distinct tenant_id, 'telesales' from new_rows where is_conversion;
        elsif tg_op = 'DELETE' then
            insert into rollup_stale (tenant_id, module)
            select distinct tenant_id, 'telesales' from old_rows where is_conversion;
        else
            insert into rollup_stale (tenant_id, module)
            select distinct tenant_id, 'telesales'
            from (select tenant_id, code from old_rows where is_conversion
                  union all select tenant_id, code from new_rows where is_conversion) conversions
            group by tenant_id, code having count(*) <> 2;
        end if;
        return null;
    end $$;
create trigger conversions_given after insert on dispositions referencing new table as new_rows
    for each statement execute function callboard_conversions_changed();
create trigger conversions_changed after update on dispositions referencing old table as old_rows new table as new_rows
    for each statement execute function callboard_conversions_changed();
create trigger conversions_taken after delete on dispositions referencing old table as old_rows
    for each statement execute function callboard_conversions_changed();

create function callboard_keys_changed() returns trigger
    language plpgsql security definer set search_path = public, pg_temp
    as $$
    begin
        insert into rollup_stale (tenant_id, module, script_id)
        select distinct tenant_id, 'autocall', id
        from (select tenant_id, id, jsonb_path_query_array(dtmf_actions, '$[*].digit') as keys from old_rows
              union all
              select tenant_id, id, jsonb_path_query_array(dtmf_actions, '$[*].digit') from new_rows) scripts
        group by tenant_id, id, keys having count(*) <> 2;
        return null;
    end $$;
create trigger keys_changed after update on autocall_scripts referencing old table as old_rows new table as new_rows
    for each statement execute function callboard_keys_changed();

create function callboard_script_changed() returns trigger
    language plpgsql security definer set search_path = public, pg_temp
    as $$
    begin
        if tg_op = 'INSERT' then
            insert into rollup_stale (tenant_id, module, campaign_id)
            select tenant_id, 'autocall', id from new_rows where script_id is not null;
        elsif tg_op = 'DELETE' then
            insert into rollup_stale (tenant_id, module, campaign_id)
            select tenant_id, 'autocall', id from old_rows where script_id is not null;
        else
            insert into rollup_stale (tenant_id, module, campaign_id)
            select distinct tenant_id, 'autocall', id
            from (select tenant_id, id, script_id from old_rows where script_id is not null
                  union all select tenant_id, id, script_id from new_rows where script_id is not null) scripts
            group by tenant_id, id, script_id having count(*) <> 2;
        end if;
        return null;
    end $$;
create trigger script_given after insert on autocall_campaigns referencing new table as new_rows
    for each statement execute function callboard_script_changed();
create trigger script_changed after update on autocall_campaigns referencing old table as old_rows new table as new_rows
    for each statement execute function callboard_script_changed();
create trigger script_taken after delete on autocall_campaigns referencing old table as old_rows
    for each statement execute function callboard_script_changed();

create function callboard_short_call_changed() returns trigger
    language plpgsql security definer set search_path = public, pg_temp
    as $$
    begin
        insert into rollup_stale (tenant_id, module) values (new.id, 'telesales');
        return null;
    end $$;
create trigger short_call_changed after update on tenants for each row
    when (old.settings -> 'short_call_sec' is distinct from new.settings -> 'short_call_sec')
    execute function callboard_short_call_changed();

-- Calls may be older than their account: whatever sums there are of them were made without it.
create function callboard_account_made() returns trigger
    language plpgsql security definer set search_path = public, pg_temp
    as $$
    declare
        acting_for text := current_setting('callboard.tenant', true);
    begin
        perform set_config('callboard.tenant', new.id::text, true);
        if exists (select from autocall_attempts where tenant_id = new.id)
                or exists (select from telesales_calls where tenant_id = new.id) then
            insert into rollup_stale (tenant_id, module) values (new.id, 'autocall'), (new.id, 'telesales');
        end if;
        perform set_config('callboard.tenant', coalesce(acting_for, ''), true);
        return null;
    end $$;
create trigger account_made after insert on tenants for each row execute function callboard_account_made();

-- Who empties a table of terms takes them from every account.
create function callboard_terms_emptied() returns trigger
    language plpgsql security definer set search_path = public, pg_temp
    as $$
    declare
        called text := current_setting('callboard.roll_call', true);
    begin
        perform set_config('callboard.roll_call', 'on', true);
        insert into rollup_stale (tenant_id, module) select id, tg_argv[0] from tenants;
        perform set_config('callboard.roll_call', coalesce(called, ''), true);
        return null;
    end $$;
create trigger conversions_emptied after truncate on dispositions
    for each statement execute function callboard_terms_emptied('telesales');
create trigger scripts_emptied after truncate on autocall_campaigns
    for each statement execute function callboard_terms_emptied('autocall');

-- They act with their owner's rights: nobody is to put them on a table of his own.
revoke execute on function callboard_conversions_changed(), callboard_keys_changed(), callboard_script_changed(),
    callboard_short_call_changed(), callboard_account_made(), callboard_terms_emptied() from public;
