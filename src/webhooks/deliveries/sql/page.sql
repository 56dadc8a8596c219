-- A page of the deliveries of webhook $2, newest first; only those with status $3 or event $4, unless null. $5 limit, $6
-- offset.
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
    delivered_at
from webhook_deliveries
where tenant_id = $1 and webhook_id = $2
  and ($3::text is null or status = $3)
  and ($4::text is null or event = $4)
order by webhook_deliveries.id desc
limit $5 offset $6
