-- The instant from which the rows of an account are complete. Of what lies before it only roll-ups are kept, and those never
-- change again (src/rollups/cut.rs). Null: all rows are there.

alter table tenants add column complete_from timestamptz
    check (complete_from >= '0001-01-01 00:00:00+00' and complete_from < '10000-01-01 00:00:00+00'
           and extract(epoch from complete_from)::numeric % 900 = 0);

create function callboard_complete_from(tenant bigint) returns timestamptz
    language sql stable parallel safe
    as $$ select coalesce((select complete_from from tenants where id = tenant), '-infinity') $$;

-- It only moves forward: rows before it may be gone.
create function callboard_complete_from_moved() returns trigger
    language plpgsql
    as $$
    begin
        raise check_violation using message = 'complete_from of an account never moves back';
    end
    $$;
create trigger complete_from_moved before update of complete_from on tenants
    for each row when (old.complete_from is not null
                       and (new.complete_from is null or new.complete_from < old.complete_from))
    execute function callboard_complete_from_moved();
