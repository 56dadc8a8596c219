-- Inserts leads into campaign $2, in the order of their ids: $3 ids, $4 phones, $5 phones as sent, $6 references, $7 payloads.
-- Ids that are taken are left out.
insert into autocall_leads (
    tenant_id,
    id,
    campaign_id,
    phone,
    phone_as_sent,
    external_ref,
    payload
)
select
    $1,
    n.id,
    $2,
    n.phone,
    n.phone_as_sent,
    n.external_ref,
    n.payload::jsonb
from unnest($3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[])
    as n (id, phone, phone_as_sent, external_ref, payload)
order by n.id
on conflict (tenant_id, id) do nothing
