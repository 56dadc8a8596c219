-- Suspends webhooks at $3: those of $2, whose receivers are gone, and those whose last $4 tries have failed for $5 seconds.
update webhooks
set status = 'suspended', suspended_at = $3
where tenant_id = $1 and status = 'active'
  and (id = any ($2) or failures_in_a_row >= $4 and failing_since <= $3 - make_interval(secs => $5))
returning id
