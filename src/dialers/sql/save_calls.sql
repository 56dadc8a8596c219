-- Stores where calls went, and what decided their results. One that is no attempt any more keeps the ids of its place.
insert into dialer_calls as known (
    tenant_id, source, id, module, ignored, campaign_id, lead_id, agent_id, attempt_number, started_at, vocabulary, ending,
    is_unmapped, unrouted
)
select $1, $2, told.id, told.module, told.ignored, coalesce(told.campaign_id, kept.campaign_id),
       coalesce(told.lead_id, kept.lead_id), coalesce(told.agent_id, kept.agent_id),
       coalesce(told.attempt_number, kept.attempt_number), told.started_at, told.vocabulary, told.ending, told.is_unmapped,
       told.unrouted
from unnest(
    $3::text[], $4::text[], $5::text[], $6::bigint[], $7::bigint[], $8::bigint[], $9::integer[], $10::timestamptz[],
    $11::text[], $12::text[], $13::boolean[], $14::text[]
) as told (
    id, module, ignored, campaign_id, lead_id, agent_id, attempt_number, started_at, vocabulary, ending, is_unmapped, unrouted
)
left join dialer_calls kept
    on kept.tenant_id = $1 and kept.source = $2 and kept.id = told.id and kept.module = told.module
   and told.ignored is not null
order by told.id
on conflict (tenant_id, source, id) do update
set module = excluded.module, ignored = excluded.ignored, campaign_id = excluded.campaign_id, lead_id = excluded.lead_id,
    agent_id = excluded.agent_id, attempt_number = excluded.attempt_number, started_at = excluded.started_at,
    vocabulary = excluded.vocabulary, ending = excluded.ending, is_unmapped = excluded.is_unmapped,
    unrouted = excluded.unrouted
where (known.module, known.ignored, known.campaign_id, known.lead_id, known.agent_id, known.attempt_number,
       known.started_at, known.vocabulary, known.ending, known.is_unmapped, known.unrouted)
    is distinct from
      (excluded.module, excluded.ignored, excluded.campaign_id, excluded.lead_id, excluded.agent_id,
       excluded.attempt_number, excluded.started_at, excluded.vocabulary, excluded.ending, excluded.is_unmapped,
       excluded.unrouted)
