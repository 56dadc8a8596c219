-- Counts by keys over several accounts, like the function of the same name with fewer arguments, which earlier versions go on
-- calling: the first quarter hour whose rows count is an argument of statements over roll-ups, and differs by account.
create function callboard_in_accounts(
        own bigint, accounts bigint[], are_rolled boolean[], terms bigint[], rolled text, rows text,
        begins timestamptz, ends timestamptz, template text, min_duration integer, max_duration integer,
        sentiment_min numeric, sentiment_max numeric, payload jsonb,
        scope_no smallint, rows_from integer[], widths integer[], firsts integer[], lasts integer[], offsets integer[],
        froms timestamptz[], tos timestamptz[], ragged_offsets integer[])
    returns table (key text, calls bigint, answered bigint)
    language plpgsql
    as $$
    begin
        for at in 1 .. cardinality(accounts) loop
            perform set_config('callboard.tenant', accounts[at]::text, true);
            if are_rolled[at] then
                return query execute rolled
                    using accounts[at], scope_no, template, widths, firsts, lasts, offsets, froms, tos, ragged_offsets,
                          rows_from[at];
            else
                return query execute rows
                    using accounts[at], begins, ends, template, min_duration, max_duration, sentiment_min, sentiment_max,
                          payload, terms[at];
            end if;
        end loop;
        perform set_config('callboard.tenant', own::text, true);
    end $$;
