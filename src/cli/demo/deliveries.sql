-- Outcomes of the deliveries of webhook $2 at $3: the newest ones are pending, one in forty has failed, the others are
-- delivered.
with outcomes as (
    select id,
           case
               when number <= 3 then 'pending'
               when number % 40 = 5 then 'failed'
               else 'delivered'
           end as status
    from (
        select id, row_number() over (order by id desc) as number
        from webhook_deliveries
        where tenant_id = $1 and webhook_id = $2
    ) numbered
)
update webhook_deliveries d
set
    status = o.status,
    attempts = case o.status when 'delivered' then 1 else 8 end,
    planned_tries = case o.status when 'delivered' then 1 else 8 end,
    first_attempt_at = $3,
    is_answered = true,
    next_attempt_at = null,
    response_status = case o.status when 'delivered' then 204 else 503 end,
    response_body = case o.status when 'delivered' then '' else 'Service Unavailable' end,
    error = case o.status when 'failed' then 'The receiver answered 503.' end,
    delivered_at = case o.status when 'delivered' then $3 end
from outcomes o
where d.tenant_id = $1 and d.id = o.id and o.status <> 'pending'
