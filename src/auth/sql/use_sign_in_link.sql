-- Uses up a link of a user who is not disabled. $2 its digest, $3 now. No row if it is unknown, used or expired.
delete from sign_in_links l
using users u
where l.tenant_id = $1
  and l.digest = $2
  and l.expires_at > $3
  and u.tenant_id = $1
  and u.id = l.user_id
  and u.disabled_at is null
returning l.user_id
