-- Records that a release is in use. $1 the release, $2 now.
insert into tz_releases (
    release,
    seen_at
)
values ($1, $2)
on conflict (release) do update
set seen_at = greatest(tz_releases.seen_at, excluded.seen_at)
