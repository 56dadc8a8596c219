-- Delivery $3 of webhook $2, and its data.
select
    id::text as id,
    event,
    status,
    attempts,
    response_status,
    response_body,
    error,
    next_attempt_at,
    created_at,
    delivered_at,
    data,
    created_at as written_at
from webhook_deliveries
where tenant_id = $1 and webhook_id = $2 and webhook_deliveries.id = $3
