-- Warnings of the overview that hold, of accounts with a webhook that subscribes to them (contract, section 15): each is written
-- when it begins, with its event in the same transaction, and goes when it has ended.
create table warnings_raised (
    tenant_id   bigint not null,
    -- Empty for a warning of the account.
    module      text not null check (module in ('', 'autocall', 'telesales')),
    code        text not null,
    -- The campaign of the warning, and what it is about; 0 and empty if it has none.
    campaign_id bigint not null,
    subject     text collate "C" not null,
    -- Data of the event.
    data        jsonb not null,
    raised_at   timestamptz not null,
    -- Since when it is away; null while it holds.
    gone_since  timestamptz,
    primary key (tenant_id, module, code, campaign_id, subject)
);
call callboard_guard('warnings_raised');

-- Accounts that are visited each minute.
create policy roll_call on warnings_raised for select
    using ((select current_setting('callboard.roll_call', true)) = 'on');

create function callboard_warning_events() returns trigger
    language plpgsql security definer set search_path = public, pg_temp
    as $$
    declare
        tenant bigint := callboard_tenant();
        events callboard_event[];
    begin
        select array_agg(row('warning.raised', case
                   when n.campaign_id = 0 then null
                   when n.module = 'autocall' then 'campaign:' || n.campaign_id
                   else 'telesales_campaign:' || n.campaign_id
               end, n.data)::callboard_event order by n.module, n.campaign_id, n.code, n.subject)
        into events
        from new_rows n
        where n.tenant_id = tenant;
        perform callboard_deliver(tenant, events, clock_timestamp());
        return null;
    end $$;
create trigger events_appeared after insert on warnings_raised referencing new table as new_rows
    for each statement when (current_setting('callboard.events', true) = 'on')
    execute function callboard_warning_events();
revoke execute on function callboard_warning_events() from public;
