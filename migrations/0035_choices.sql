-- Lists to choose from, which are searched without marks, and what the page keeps for a user (contract, section 15).

-- Text in lower case without marks: nguyen for Nguyễn, da nang for Đà Nẵng. Normalization wants a database in UTF8; in no
-- other encoding can these letters be stored.
do $$ begin
    if current_setting('server_encoding') = 'UTF8' then
        create function callboard_unmarked(value text) returns text
            language sql immutable parallel safe
            as $fold$
                select translate(regexp_replace(normalize(callboard_folded(value), nfd), '[\u0300-\u036f]', '', 'g'),
                                 chr(273), 'd')
            $fold$;
    else
        create function callboard_unmarked(value text) returns text
            language sql immutable parallel safe
            as $fold$ select callboard_folded(value) $fold$;
    end if;
end $$;

-- Shape and bounds are in src/auth/user_settings.rs. Null until the user sets something.
alter table users add column page_settings jsonb;
