-- Deleted webhooks that still have deliveries. A loose scan: one probe for each webhook.
with recursive found as (
    (
        select webhook_id
        from webhook_deliveries
        where tenant_id = $1
        order by webhook_id
        limit 1
    )
    union all
    select (
        select d.webhook_id
        from webhook_deliveries d
        where d.tenant_id = $1 and d.webhook_id > f.webhook_id
        order by d.webhook_id
        limit 1
    )
    from found f
    where f.webhook_id is not null
)
select f.webhook_id
from found f
where f.webhook_id is not null
  and not exists (select from webhooks w where w.tenant_id = $1 and w.id = f.webhook_id)
