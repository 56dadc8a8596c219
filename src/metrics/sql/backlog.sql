-- Work that waits, over all accounts: changes to be folded, parts of sums to be built, exports, and the age of the oldest export in
-- seconds.
select coalesce(sum(rollups.journal), 0)::float8 as journal,
       coalesce(sum(rollups.stale), 0)::float8 as stale,
       coalesce(sum(exports.queued), 0)::float8 as queued,
       coalesce(sum(exports.running), 0)::float8 as running,
       coalesce(extract(epoch from now() - min(exports.oldest)), 0)::float8 as oldest
from tenants t
cross join lateral (
    select {{journals}} as journal,
           (select count(*) from rollup_stale s where s.tenant_id = t.id) as stale
) rollups
cross join lateral (
    select count(*) filter (where status = 'queued') as queued,
           count(*) filter (where status = 'running') as running,
           min(created_at) as oldest
    from exports e
    where e.tenant_id = t.id and e.status in ('queued', 'running')
) exports
