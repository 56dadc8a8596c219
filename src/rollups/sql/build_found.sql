-- The building of module $2 as far as it is, and whether a later mark says that it must begin anew.
select
    part,
    day,
    done,
    calls,
    exists (
        select from rollup_stale s
        where s.tenant_id = $1
          and s.module = $2
          and s.campaign_id is null
          and s.script_id is null
          and s.id <> all (b.marks)
    ) as is_outdated
from rollup_builds b
where tenant_id = $1 and module = $2
