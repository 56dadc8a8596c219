create function {{table}}_on_{{event}}() returns trigger
    language plpgsql security definer set search_path = {{schema}}, public, pg_temp
    as $body$
    begin
        {{body}};
        return null;
    end $body$;
-- It runs with its owner's rights: nobody else may attach it to a table of their own.
revoke execute on function {{table}}_on_{{event}}() from public;
create trigger {{schema}}_{{event}} after {{event}} on {{table}}
    {{rows}}
    for each statement execute function {{table}}_on_{{event}}()
