-- Agents with a dial in the window of a plan. One bucket proves that an agent dialed, unless rows were removed since the last
-- compaction: then the sum decides.
with dialing as materialized (
    select agent.id,
           exists (
               select from unnest({{:ranges}}) as p (width, first_bucket, end_bucket, utc_offset)
               cross join lateral (
                   select
                   from telesales_totals t
                   where t.tenant_id = $1
                     and t.scope = {{:scope}}
                     and t.campaign_id = {{:campaign}}
                     and t.agent_id = agent.id
                     and t.width = p.width
                     and t.bucket >= p.first_bucket
                     and t.bucket < p.end_bucket
                     and t.dials <> 0
                   limit 1
               ) t
           ) and agent.id not in (
               select agent_id
               from telesales_calls_journal
               where tenant_id = $1
                 and weight < 0
                 and agent_id is not null
           ) as is_certain
    from unnest(coalesce(
        {{:agents}},
        {{agents_of_calls}}
    )) as agent (id)
)
select dialing.id as agent_id
from dialing
where dialing.is_certain
union all
select r.agent_id
from (
    select array_agg(id) as ids
    from dialing
    where not is_certain
    offset 0
) uncertain
cross join lateral (
    {{totals}}
) r
group by r.agent_id
having sum(r.dials) <> 0
