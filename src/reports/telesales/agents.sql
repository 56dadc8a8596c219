-- Agents with a call, at any time. $2 the scope of agents' sums, $3 its campaign. The sums lie in the order of
-- agents: each look-up finds the next.
with recursive seen as (
    select min(agent_id) as id from telesales_totals where tenant_id = $1 and scope = $2 and campaign_id = $3
    union all
    select (select min(t.agent_id) from telesales_totals t
            where t.tenant_id = $1 and t.scope = $2 and t.campaign_id = $3 and t.agent_id > seen.id)
    from seen
    where seen.id is not null
)
select id from seen where id is not null
union
select agent_id from telesales_calls_journal where tenant_id = $1 and agent_id is not null
order by 1
