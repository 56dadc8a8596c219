-- Tenants with webhooks or deliveries: two probes each.
select t.id
from tenants t
cross join lateral (
    (select from webhooks w where w.tenant_id = t.id limit 1)
    union all
    (select from webhook_deliveries d where d.tenant_id = t.id limit 1)
    limit 1
) kept
order by t.id
