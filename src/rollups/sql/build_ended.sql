-- Removes the marks that the building of module $2 has served. Later ones stay.
with ended as (
    delete from rollup_builds
    where tenant_id = $1 and module = $2
    returning marks
)
delete from rollup_stale s
using ended
where s.tenant_id = $1
  and s.module = $2
  and s.id = any (ended.marks)
