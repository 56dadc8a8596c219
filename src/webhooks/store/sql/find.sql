-- One webhook, $2.
select
    id,
    url,
    events,
    description,
    status,
    suspended_at,
    last_success_at,
    last_failure_at,
    last_error,
    failures_in_a_row,
    created_at,
    updated_at
from webhooks
where tenant_id = $1 and id = $2
