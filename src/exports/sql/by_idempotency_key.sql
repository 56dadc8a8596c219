-- The job that a user submitted with an idempotency key. $2 user, $3 key.
select
    id,
    status,
    report_type,
    asked,
    rows_expected
from exports
where tenant_id = $1 and created_by = $2 and idempotency_key = $3
