-- Removes answers from before $3, $2 at a time.
delete from idempotency_keys
where tenant_id = $1
  and ctid = any (array (
      select ctid
      from idempotency_keys
      where tenant_id = $1 and created_at < $3
      limit $2
  ))
