-- Stores where calls went, and what decided their results.
insert into dialer_calls as known (
    tenant_id, source, id, module, ignored, campaign_id, lead_id, agent_id, attempt_number, started_at, vocabulary, ending,
    is_unmapped
)
select $1, $2, told.*
from unnest(
    $3::text[], $4::text[], $5::text[], $6::bigint[], $7::bigint[], $8::bigint[], $9::integer[], $10::timestamptz[],
    $11::text[], $12::text[], $13::boolean[]
) as told (
    id, module, ignored, campaign_id, lead_id, agent_id, attempt_number, started_at, vocabulary, ending, is_unmapped
)
order by told.id
on conflict (tenant_id, source, id) do update
set module = excluded.module, ignored = excluded.ignored, campaign_id = excluded.campaign_id, lead_id = excluded.lead_id,
    agent_id = excluded.agent_id, attempt_number = excluded.attempt_number, started_at = excluded.started_at,
    vocabulary = excluded.vocabulary, ending = excluded.ending, is_unmapped = excluded.is_unmapped
where (known.module, known.ignored, known.campaign_id, known.lead_id, known.agent_id, known.attempt_number,
       known.started_at, known.vocabulary, known.ending, known.is_unmapped)
    is distinct from
      (excluded.module, excluded.ignored, excluded.campaign_id, excluded.lead_id, excluded.agent_id,
       excluded.attempt_number, excluded.started_at, excluded.vocabulary, excluded.ending, excluded.is_unmapped)
