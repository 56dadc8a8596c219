-- Makes the oldest $9 deliveries of webhook $2 due at $4, outside their plan, which has $5 tries: those written from $6 on and
-- before $7, with status $3 and ids from $8 on and before $10.
update webhook_deliveries d
set
    status = 'pending',
    next_attempt_at = $4,
    is_replay = d.is_answered or d.status <> 'pending',
    is_answered = d.is_answered or d.status <> 'pending',
    planned_tries = case when d.status = 'pending' then d.planned_tries else $5 end
where d.tenant_id = $1 and d.status = $3 and d.id = any (array(
    select id
    from webhook_deliveries
    where tenant_id = $1 and webhook_id = $2 and status = $3
      and created_at >= $6 and created_at < $7 and id >= $8 and id < $10
    order by id
    limit $9
))
