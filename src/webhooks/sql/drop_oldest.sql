-- Fails the oldest pending deliveries of webhook $2 beyond $3, for reason $4.
update webhook_deliveries d
set status = 'failed', error = $4, next_attempt_at = null, claim = null, leased_until = null
from (
    select p.id, row_number() over (order by p.id desc) as place
    from webhook_deliveries p
    where p.tenant_id = $1 and p.webhook_id = $2 and p.status = 'pending'
) pending
where d.tenant_id = $1 and d.id = pending.id and pending.place > $3 and d.status = 'pending'
