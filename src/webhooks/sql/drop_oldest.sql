-- Fails the oldest pending deliveries of webhook $2 beyond $3, for reason $4.
update webhook_deliveries
set status = 'failed', error = $4, next_attempt_at = null, claim = null, leased_until = null
where tenant_id = $1 and webhook_id = $2 and status = 'pending'
  and id <= (
      select id
      from webhook_deliveries
      where tenant_id = $1 and webhook_id = $2 and status = 'pending'
      order by id desc
      offset $3
      limit 1
  )
