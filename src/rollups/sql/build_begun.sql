-- Records that module $2 is to be built anew from day $3 on, or from the first one, from $4 calls, with the marks of now.
insert into rollup_builds (
    tenant_id,
    module,
    marks,
    part,
    day,
    done,
    calls
)
select
    $1,
    $2,
    array(select id from rollup_stale where tenant_id = $1 and module = $2),
    'calls',
    $3,
    0,
    $4
on conflict (tenant_id, module) do update set
    marks = excluded.marks,
    part = excluded.part,
    day = excluded.day,
    done = excluded.done,
    calls = excluded.calls,
    begun_at = excluded.begun_at
