-- Changes the leads $2, which are locked: $3 references, $4 payloads, $5 states.
update autocall_leads l
set
    external_ref = n.external_ref,
    payload = n.payload::jsonb,
    status = n.status
from unnest($2::bigint[], $3::text[], $4::text[], $5::text[])
    as n (id, external_ref, payload, status)
where l.tenant_id = $1
  and l.id = n.id
