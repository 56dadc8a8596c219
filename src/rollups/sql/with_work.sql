-- Tenants with entries in any of these tables. Each list skips from tenant to tenant along an index, so that an empty
-- table costs one probe and a tenant without entries nothing.
select id
from tenants
where id in (
    {{lists}}
)
order by id
