-- Removes failed logins. $2 the most rows, $3 the last id to remove.
delete from audit_log
where tenant_id = $1
  and id = any (array (
      select id
      from audit_log
      where tenant_id = $1 and event = 'login_failed' and id <= $3
      order by id
      limit $2
  ))
