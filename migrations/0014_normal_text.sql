-- Text comes in in Unicode's normal form C from now on, and filters are brought into it too. What was stored before
-- has to follow, or it would no longer be found: `callboard migrate`, or a server beside its work, rewrites it in
-- small batches (src/ingest/normal.rs) with the functions below. What is left to do is listed here: the tables of the
-- accounts there are, for those to come will have nothing else.
--
-- normalize() wants a database in UTF8. In another encoding nothing is called: none of them holds decomposed letters.

create function callboard_nfc(value text) returns text
    language sql immutable parallel safe
    as $$ select normalize(value, nfc) $$;

create function callboard_nfc(items text[]) returns text[]
    language sql immutable parallel safe
    as $$ select array(select normalize(item, nfc) from unnest(items) with ordinality as listed (item, at) order by at) $$;

-- Value by value, because the text of a JSON value cannot be normalised as a whole: in "\ǹ" the escape would be gone.
create function callboard_nfc(value jsonb) returns jsonb
    language plpgsql immutable parallel safe
    as $$
    begin
        return case jsonb_typeof(value)
            when 'string' then to_jsonb(normalize(value #>> '{}', nfc))
            when 'array' then (
                select coalesce(jsonb_agg(callboard_nfc(item) order by at), '[]')
                from jsonb_array_elements(value) with ordinality as items (item, at))
            when 'object' then (
                select coalesce(jsonb_object_agg(normalize(name, nfc), callboard_nfc(member)), '{}')
                from jsonb_each(value) as members (name, member))
            else value
        end;
    end $$;

create table unnormalised (
    tenant_id bigint not null references tenants,
    relation  text not null,
    primary key (tenant_id, relation)
);
select set_config('callboard.roll_call', 'on', true);
insert into unnormalised
select id, relation
from tenants cross join unnest('{tenants, teams, agents, dispositions, caller_ids, autocall_scripts, autocall_campaigns,
    autocall_leads, autocall_attempts, telesales_campaigns, telesales_leads, telesales_calls}'::text[]) as tables (relation);
select set_config('callboard.roll_call', '', true);
call callboard_guard('unnormalised');
