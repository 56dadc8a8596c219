-- The log of a tenant, oldest entry first. $2 event, $3 the key of a user's name, $4 the first instant; each may be null.
select
    id,
    at,
    event,
    actor_id,
    actor_name,
    token,
    address,
    target_kind,
    target_id,
    target_name,
    changes
from audit_entries
where tenant_id = $1
  and ($2::text is null or event = $2)
  and ($3::text is null or username_key = $3)
  and ($4::timestamptz is null or at >= $4)
order by at, id
