-- Calls in a window, summed. $2 scope, $3 campaign, $4 agents, $5 to $11 the plan of the window; $12 the scope
-- of agents' sums, $13 which of them or null, $14 to $20 their plan.
with dialing as materialized ( -- and whether one bucket already tells that they dialed, nothing having been taken away
    select a.id,
           exists (select from unnest($14, $15, $16) as p (width, first_bucket, end_bucket)
                   cross join lateral (
                       select from telesales_totals t
                       where t.tenant_id = $1 and t.scope = $12 and t.campaign_id = $3 and t.agent_id = a.id
                         and t.width = p.width and t.bucket >= p.first_bucket and t.bucket < p.end_bucket
                         and t.dials <> 0
                       limit 1) t)
           and a.id not in (select agent_id from telesales_calls_journal
                            where tenant_id = $1 and weight < 0 and agent_id is not null) as told
    from unnest(coalesce($13::bigint[], callboard_agents_of_calls($1, $12, $3))) as a (id)
)
select coalesce(sum(dials), 0) as dials,
       coalesce(sum(answers), 0) as answers,
       coalesce(sum(talk_sec), 0)::bigint as talk_sec,
       (select count(*) from dialing where told)
       + (select count(*)
          from (select agent_id
                from (select array_agg(id) as ids from dialing where not told offset 0) rest
                cross join lateral rolled_telesales_totals($1, $12, $3, rest.ids, $14, $15, $16, $17, $18, $19, $20)
                group by agent_id
                having sum(dials) <> 0) a) as agents,
       coalesce(sum(blocked), 0) as blocked
from rolled_telesales_totals($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
