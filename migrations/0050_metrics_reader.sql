-- The instance that reads the figures of the installation for its metrics: one of those that have metrics, so that a figure is
-- read, and told, once. It says every 15 seconds that it is there; when it has been silent for 45, another one takes over.
create table metrics_reader (
    is_only boolean primary key default true check (is_only),
    instance uuid not null,
    seen_at timestamptz not null
);
alter table metrics_reader enable row level security;
alter table metrics_reader force row level security;
create policy metrics_reader on metrics_reader
    using (current_setting('callboard.metrics', true) = 'on');
