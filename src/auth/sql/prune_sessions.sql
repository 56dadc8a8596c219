-- Removes sessions that ended long ago. $2 the most rows, $3 the latest end.
delete from sessions
where tenant_id = $1
  and id = any (array (
      select id
      from sessions
      where tenant_id = $1
        and (least(revoked_at, expires_at) < $3 or last_used_at + interval '30 days' < $3)
      limit $2
  ))
