-- Releases an idempotency key that user $2 used for a job created at $4 or before.
update exports set idempotency_key = null
where tenant_id = $1 and created_by = $2 and idempotency_key = $3 and created_at <= $4
