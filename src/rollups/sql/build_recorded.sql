-- Records how far the building of module $2 is, and returns the seconds since it began.
update rollup_builds
set part = $3,
    day = $4,
    done = $5
where tenant_id = $1 and module = $2
returning extract(epoch from clock_timestamp() - begun_at)::bigint
