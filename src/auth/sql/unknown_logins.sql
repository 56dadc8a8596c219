-- Failed logins of unknown names, oldest first. $1 event, $2 digests of names, $3 the first instant; each may be null.
select
    at,
    event,
    name_digest,
    address
from audit_strangers
where ($1::text is null or event = $1)
  and ($2::text[] is null or name_digest = any ($2))
  and ($3::timestamptz is null or at >= $3)
order by at, id
