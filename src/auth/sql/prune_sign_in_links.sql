-- Removes expired links. $2 the most rows, $3 now.
delete from sign_in_links
where tenant_id = $1
  and digest = any (array (
      select digest
      from sign_in_links
      where tenant_id = $1 and expires_at < $3
      limit $2
  ))
