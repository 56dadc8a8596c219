-- The release of the tz database that servers read offsets from. Servers of different releases answer differently where
-- a zone's rules changed in between, so each states its own here, every minute, and one that sees a newer release in
-- use warns (src/db/tz_release.rs). Rows of releases that no server uses any more are removed a day later.
create table tz_releases (
    release text primary key check (release ~ '^[0-9]{4}[a-z]{1,2}$'),
    seen_at timestamptz not null
);
alter table tz_releases enable row level security;
alter table tz_releases force row level security;
create policy tz_releases on tz_releases
    using (current_setting('callboard.tz_releases', true) = 'on');
