-- Tenants with an active campaign: one probe each.
select t.id
from tenants t
cross join lateral (
    select from telesales_campaigns c where c.tenant_id = t.id and c.status = 'active' limit 1
) active
order by t.id
