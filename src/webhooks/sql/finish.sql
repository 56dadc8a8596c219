-- Records tries, one an item: $2 ids, $3 claim, $4 states, $5 times of the next try, $6 tries of the plan, $7 statuses, $8
-- bodies and $9 errors of the answers, $10 their times. Nothing is recorded for a delivery whose claim is lost.
update webhook_deliveries d
set
    status = r.status,
    attempts = d.attempts + 1,
    planned_tries = r.planned_tries,
    is_answered = true,
    is_replay = false,
    next_attempt_at = r.next_attempt_at,
    claim = null,
    leased_until = null,
    response_status = r.response_status,
    response_body = r.response_body,
    error = r.error,
    delivered_at = case when r.status = 'delivered' then r.answered_at else d.delivered_at end
from unnest($2::uuid[], $4::text[], $5::timestamptz[], $6::smallint[], $7::smallint[], $8::text[], $9::text[],
            $10::timestamptz[])
    as r (id, status, next_attempt_at, planned_tries, response_status, response_body, error, answered_at)
-- Pending; so written, no partial index is read from end to end instead of the key.
where d.tenant_id = $1 and d.id = any ($2) and d.id = r.id and d.claim = $3 and d.status not in ('delivered', 'failed')
