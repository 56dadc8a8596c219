-- A page of the tenant's webhooks, newest first. $2 limit, $3 offset.
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
where tenant_id = $1
order by id desc
limit $2 offset $3
