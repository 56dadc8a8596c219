-- The log of a tenant, oldest event first. $2 event, $3 the key of a user's name, $4 the first instant; each may be null.
select
    l.at,
    l.tenant_id,
    l.event,
    l.user_id,
    u.username,
    null::text as name_digest,
    l.session_id,
    l.address,
    l.subject
from audit_log l
left join users u on u.tenant_id = l.tenant_id and u.id = l.user_id
where l.tenant_id = $1
  and ($2::text is null or l.event = $2)
  and ($3::text is null or u.username_key = $3)
  and ($4::timestamptz is null or l.at >= $4)
order by l.at, l.id
