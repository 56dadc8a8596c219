-- Removes old audit entries. $2 the most rows, $3 the oldest instant to keep.
delete from audit_log
where tenant_id = $1
  and id = any (array (
      select id
      from audit_log
      where tenant_id = $1 and at < $3
      order by at
      limit $2
  ))
