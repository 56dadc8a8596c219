-- Tenants with a delivery that is due at $1, over all tenants. A loose scan of the partial index: one probe for each active
-- webhook with pending deliveries, whatever their number.
with recursive heads as (
    (
        select tenant_id, webhook_id, is_answered, next_attempt_at
        from webhook_deliveries
        where status = 'pending'
        order by tenant_id, webhook_id, is_answered, next_attempt_at
        limit 1
    )
    union all
    select next.tenant_id, next.webhook_id, next.is_answered, next.next_attempt_at
    from heads h
    cross join lateral (
        select d.tenant_id, d.webhook_id, d.is_answered, d.next_attempt_at
        from webhook_deliveries d
        where d.status = 'pending' and (d.tenant_id, d.webhook_id, d.is_answered) > (h.tenant_id, h.webhook_id, h.is_answered)
        order by d.tenant_id, d.webhook_id, d.is_answered, d.next_attempt_at
        limit 1
    ) next
)
select distinct h.tenant_id
from heads h
join webhooks w on w.tenant_id = h.tenant_id and w.id = h.webhook_id
where w.status = 'active' and h.next_attempt_at <= greatest($1, now())
