insert into rollup_stale (tenant_id, module)
select t.id, m.module
from tenants t
cross join (values ('autocall'), ('telesales')) m (module)
