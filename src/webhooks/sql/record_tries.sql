-- Records the tries of webhooks, one webhook an item: $2 ids, $3 times of the last success, $4 failures since then, $5
-- their first times, $6 times and $7 errors of the last failure.
update webhooks w
set
    failures_in_a_row = r.failures + case when r.success_at is null then w.failures_in_a_row else 0 end,
    failing_since = case when r.success_at is null then coalesce(w.failing_since, r.failing_since) else r.failing_since end,
    last_success_at = coalesce(r.success_at, w.last_success_at),
    last_failure_at = coalesce(r.failure_at, w.last_failure_at),
    last_error = coalesce(r.error, w.last_error)
from unnest($2::bigint[], $3::timestamptz[], $4::integer[], $5::timestamptz[], $6::timestamptz[], $7::text[])
    as r (id, success_at, failures, failing_since, failure_at, error)
where w.tenant_id = $1 and w.id = r.id
