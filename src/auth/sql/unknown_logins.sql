-- Failed logins of unknown names, oldest first. $1 event, $2 digests of names, $3 the first instant; each may be null.
select
    at,
    null::bigint as tenant_id,
    event,
    null::bigint as user_id,
    null::text as username,
    name_digest,
    null::uuid as session_id,
    address,
    null::text as subject
from audit_strangers
where ($1::text is null or event = $1)
  and ($2::text[] is null or name_digest = any ($2))
  and ($3::timestamptz is null or at >= $3)
order by at, id
