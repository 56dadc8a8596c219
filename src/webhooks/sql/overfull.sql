-- Webhooks with more than $1 pending deliveries, over all tenants.
select w.tenant_id, w.id
from webhooks w
cross join lateral (
    select d.id
    from webhook_deliveries d
    where d.tenant_id = w.tenant_id and d.webhook_id = w.id and d.status = 'pending'
    offset $1
    limit 1
) beyond
