-- A page of the log, newest entry first. $8 limit, $9 offset.
-- $2 actor's id, $3 event, $4 target, $5 from, $6 to, $7 key of the actor's name; each may be null.
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
  and ($2::text is null or actor_id::text = $2 or actor_key = $7::text)
  and ($3::text is null or event = $3)
  and ($4::text is null or target_kind = $4 or target_id = $4 or target_kind || ':' || target_id = $4)
  and ($5::timestamptz is null or at >= $5)
  and ($6::timestamptz is null or at < $6)
order by at desc, id desc
limit $8 offset $9
