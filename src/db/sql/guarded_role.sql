-- Creates the role {{role}} with rights on Callboard's tables, in schema public and in {{schema}}.
select pg_advisory_xact_lock(hashtext('{{role}}'));

do $$
begin
    if not exists (select from pg_roles where rolname = '{{role}}') then
        create role {{role}} nologin;
    end if;
exception
    when duplicate_object or unique_violation then null; -- created by another instance
end $$;

do $$
begin
    grant {{role}} to current_user;
exception
    when unique_violation then null; -- likewise
end $$;

grant usage on schema public to {{role}};
grant select, insert, update, delete on all tables in schema public to {{role}};
grant usage on all sequences in schema public to {{role}};

do $$
begin
    if to_regnamespace('{{schema}}') is not null then
        grant usage on schema {{schema}} to {{role}};
        grant select, insert, update, delete on all tables in schema {{schema}} to {{role}};
        grant usage on all sequences in schema {{schema}} to {{role}};
    end if;
end $$;
