-- The answer kept for a key. $2 method, $3 path, $4 key; none from $5 or before.
select
    body_digest,
    status,
    answer
from idempotency_keys
where tenant_id = $1
  and method = $2
  and path = $3
  and key = $4
  and created_at > $5
