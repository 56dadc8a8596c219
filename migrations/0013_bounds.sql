-- Answers of a bounded size and instants that can be told: texts longer than 255 characters are read by their first 255,
-- lists of campaigns stay in the database, and a table refuses an instant outside the years 1 to 9999.

-- Text as reports read it. Ingest refuses longer ones; other SQL, and earlier versions, stored them.
create function callboard_short(value text) returns text
    language sql immutable parallel safe
    as $$ select case when octet_length(value) <= 255 then value else left(value, 255) end $$;

-- Steps of a path, at most 64, each by its first 255 characters. The path apart, because a function with a sub-select
-- is called for each row, and hardly any row needs it.
create function callboard_long_path(steps text[]) returns text
    language sql immutable parallel safe
    as $$
        select coalesce(string_agg(left(step, 255), ' -> ' order by at), '')
        from unnest(steps) with ordinality as listed (step, at) where at <= 64
    $$;
create function callboard_path(steps text[]) returns text
    language sql stable parallel safe
    as $$
        select case when cardinality(steps) <= 64 and octet_length(array_to_string(steps, ' -> ')) <= 255
                    then array_to_string(steps, ' -> ') else callboard_long_path(steps) end
    $$;

-- Source of a lead as reports name it. The collation knows the blanks of every script.
create function callboard_source(value text) returns text
    language sql immutable parallel safe
    as $$ select case when coalesce(value collate "und-x-icu" !~ '[^[:space:]]', true) then '(unknown)'
                      else callboard_short(value) end $$;

-- An instant that has a year from 1 to 9999; else null.
create function callboard_told(at timestamptz) returns timestamptz
    language sql immutable parallel safe
    as $$ select case when at >= '0001-01-01 00:00:00+00' and at < '10000-01-01 00:00:00+00' then at end $$;

-- Campaigns that play a template; null where none is named.
create function callboard_playing(tenant bigint, template text) returns bigint[]
    language sql stable parallel safe
    as $$
        select case when template is not null then array(
            select c.id
            from autocall_campaigns c
            join autocall_scripts s on s.tenant_id = tenant and s.id = c.script_id
            where c.tenant_id = tenant and coalesce(s.template_id, 'tpl_' || s.id) = template
            order by c.id) end
    $$;

-- Month of a day counted since 1970, in months since the year 0.
create function callboard_month(day bigint) returns bigint
    language sql immutable parallel safe
    as $$ select (extract(year from date '1970-01-01' + day::integer) * 12
                  + extract(month from date '1970-01-01' + day::integer) - 1)::bigint $$;

-- Calls by a key in several accounts, which are entered one after the other as Scope::enter does, so that row-level
-- security shows one at a time; added up here, because only then is it known which keys are the most frequent. An
-- account is read by one of the two statements, the third of the arrays being the rarest term of the payload there.
create function callboard_in_accounts(
        own bigint, accounts bigint[], are_rolled boolean[], terms bigint[], rolled text, rows text,
        begins timestamptz, ends timestamptz, template text, min_duration integer, max_duration integer,
        sentiment_min numeric, sentiment_max numeric, payload jsonb,
        scope_no smallint, widths integer[], firsts integer[], lasts integer[], offsets integer[],
        froms timestamptz[], tos timestamptz[], ragged_offsets integer[])
    returns table (key text, calls bigint, answered bigint)
    language plpgsql
    as $$
    begin
        for at in 1 .. cardinality(accounts) loop
            perform set_config('callboard.tenant', accounts[at]::text, true);
            if are_rolled[at] then
                return query execute rolled
                    using accounts[at], scope_no, template, widths, firsts, lasts, offsets, froms, tos, ragged_offsets;
            else
                return query execute rows
                    using accounts[at], begins, ends, template, min_duration, max_duration, sentiment_min, sentiment_max,
                          payload, terms[at];
            end if;
        end loop;
        perform set_config('callboard.tenant', own::text, true);
    end $$;

-- Infinity and what lies outside the years 1 to 9999 can be stored but not told. Not valid: rows that are there already
-- stay, belong to no window, and may be deleted or corrected.
do $$
    declare
        held record;
    begin
        for held in
            select * from (values
                ('autocall_campaigns', '{started_at, created_at}'::text[]),
                ('autocall_leads', '{created_at}'),
                ('autocall_attempts', '{started_at, answered_at, ended_at}'),
                ('caller_ids', '{cooldown_until}'),
                ('telesales_campaigns', '{created_at}'),
                ('telesales_leads', '{created_at}'),
                ('telesales_calls', '{started_at, answered_at, ended_at}'),
                ('abandon_breaches', '{window_from, window_to, detected_at}')) as tables (name, columns)
        loop
            execute format('alter table %I add constraint years_1_to_9999 check (%s) not valid', held.name,
                (select string_agg(format('%1$I >= %2$L and %1$I < %3$L', c, '0001-01-01 00:00:00+00', '10000-01-01 00:00:00+00'),
                                   ' and ') from unnest(held.columns) c));
        end loop;
    end $$;
