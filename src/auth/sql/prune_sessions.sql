-- Removes sessions that ended long ago. $2 the most rows, $3 the latest end.
delete from sessions
where tenant_id = $1
  and id = any (array (
      select s.id
      from sessions s
      where s.tenant_id = $1 and ({{ended}})
      limit $2
  ))
