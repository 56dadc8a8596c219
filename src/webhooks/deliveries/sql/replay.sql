-- Makes delivery $3 of webhook $2 due at $4, outside its plan. A delivery that is not pending has come to the end of its
-- plan, which has $5 tries.
update webhook_deliveries
set
    status = 'pending',
    next_attempt_at = $4,
    is_replay = is_answered or status <> 'pending',
    is_answered = is_answered or status <> 'pending',
    planned_tries = case when status = 'pending' then planned_tries else $5 end
where tenant_id = $1 and webhook_id = $2 and webhook_deliveries.id = $3
returning
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
