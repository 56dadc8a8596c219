-- Schedules: a report that is made at certain times and delivered, and its runs (contract, section 14).

create table schedules (
    tenant_id    bigint not null references tenants,
    id           bigint not null,
    name         text not null,
    -- The product and the name of a report: 'telesales.dashboard'.
    report       text not null,
    -- Its parameters by name, without those that the schedule sets itself.
    params       jsonb not null,
    window_name  text not null,
    format       text not null check (format in ('xlsx', 'csv')),
    -- Name of an export template, and language of the file; null if the schedule does not say.
    template     text collate "C",
    lang         text check (lang in ('en', 'vi')),
    -- {"time", "days" or "day_of_month", "timezone"}
    at           jsonb not null,
    -- {"webhook"}
    deliver      jsonb not null,
    active       boolean not null,
    -- The next due time; null while it is not active.
    next_run_at  timestamptz,
    created_by   bigint not null,
    created_at   timestamptz not null,
    updated_at   timestamptz not null,
    primary key (tenant_id, id),
    foreign key (tenant_id, template) references export_templates,
    check ((next_run_at is not null) = active)
);
call callboard_guard('schedules');
create index schedules_due on schedules (next_run_at, tenant_id) where active;

-- A run is the queue's row and what clients see. Its row is written in the transaction that moves the schedule on, so that
-- each due time has one, whichever instance comes first.
create table schedule_runs (
    tenant_id     bigint not null,
    id            text not null,
    schedule_id   bigint not null,
    due_at        timestamptz not null,
    started_at    timestamptz,
    finished_at   timestamptz,
    status        text not null check (status in ('queued', 'running', 'delivered', 'failed', 'skipped')),
    late          boolean not null default false,
    manual        boolean not null default false,
    rows          bigint,
    bytes         bigint,
    error         text,

    tries         smallint not null default 0,
    next_try_at   timestamptz,
    claim         uuid,
    leased_until  timestamptz,
    file_key      text,
    file_name     text,
    expires_at    timestamptz,

    primary key (tenant_id, id),
    foreign key (tenant_id, schedule_id) references schedules,
    check ((next_try_at is not null) = (status in ('queued', 'running')))
);
call callboard_guard('schedule_runs');
create unique index schedule_runs_once on schedule_runs (tenant_id, schedule_id, due_at) where not manual;
create index schedule_runs_list on schedule_runs (tenant_id, schedule_id, due_at, id);
create index schedule_runs_due on schedule_runs (next_try_at, tenant_id) where status in ('queued', 'running');

-- Workers look for accounts with something to do. They see these rows only in a transaction that says so
-- (Database::queue).
create policy queue on schedules for select
    using (active and (select current_setting('callboard.queue', true)) = 'on');
create policy queue on schedule_runs for select
    using (status in ('queued', 'running') and (select current_setting('callboard.queue', true)) = 'on');

-- A client with a signed link has no account, only the name of one run, and sees no other row.
create policy link on schedule_runs for select
    using (id = nullif(current_setting('callboard.link', true), ''));

-- The sweep visits accounts that have runs.
create policy roll_call on schedule_runs for select
    using ((select current_setting('callboard.roll_call', true)) = 'on');
