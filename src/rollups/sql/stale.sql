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
    for each statement execute function stale_noted()
