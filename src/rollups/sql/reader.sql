-- Rows that add up to the window of a plan: a local time, an agent, the value of the dimension and the counters. One
-- statement, and so one snapshot, reads the roll-up's buckets, the journal's entries for the same buckets, and the raw rows
-- of the ragged ends. Entries before the account's complete-from count nowhere.
--
-- Each range and each agent is looked up separately (lateral, offset 0): the statement is planned once for all arguments,
-- and the planner cannot know how small a range is. With an array of agents it read a whole campaign if a table had been
-- filled but not analyzed.
--
-- Agents are matched as a multirange, which is searched by bisection. An array is compared element by element, which took
-- half a minute with thousands of agents.
select stored.bucket::bigint * p.width * 900 + p.utc_offset as local_second,
       stored.agent_id,
       {{stored}}
from unnest({{:ranges}}) as p (width, first_bucket, end_bucket, utc_offset)
{{each_agent}}
cross join lateral (
    select *
    from {{rollup}} stored
    where stored.tenant_id = $1
      and stored.scope = {{:scope}}
      and stored.campaign_id = {{:campaign}}
      and stored.agent_id = {{agent_id}}
      and stored.width = p.width
      and stored.bucket >= p.first_bucket
      and stored.bucket < p.end_bucket
    offset 0
) stored
{{rows}}
