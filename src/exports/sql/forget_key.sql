-- A key that the user $2 gave to a job created at $4 or before is free for another.
update exports set idempotency_key = null
where tenant_id = $1 and created_by = $2 and idempotency_key = $3 and created_at <= $4
