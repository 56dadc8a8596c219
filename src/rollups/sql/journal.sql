-- Journal of {{table}}: every statement adds the rows it wrote (weight 1) and the rows it removed (weight -1), until a
-- compaction moves the entries into the roll-ups. Writers never wait for each other here.
create table {{table}}_journal (
    tenant_id bigint not null,
    weight integer not null,
    quarter integer not null,
    {{columns}}
);
create index on {{table}}_journal (tenant_id, campaign_id);
-- Emptied all the time: dead entries must be vacuumed before they slow readers down.
alter table {{table}}_journal set (
    autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_threshold = 5000,
    autovacuum_vacuum_insert_scale_factor = 0.2,
    autovacuum_vacuum_cost_delay = 0
);
call callboard_guard('{{table}}_journal');
-- Entries come from triggers, under whatever role a statement runs.
create policy told on {{table}}_journal for insert with check (true);
-- The compactor lists the tenants with entries.
create policy roll_call on {{table}}_journal for select
    using ((select current_setting('callboard.roll_call', true)) = 'on')
