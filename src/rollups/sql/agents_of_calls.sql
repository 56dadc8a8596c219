-- Agents with a call at any time. The sums are indexed by agent: each lookup finds the next one.
array(
    with recursive seen as (
        select min(t.agent_id) as id
        from telesales_totals t
        where t.tenant_id = $1
          and t.scope = {{:scope}}
          and t.campaign_id = {{:campaign}}
        union all
        select (
            select min(t.agent_id)
            from telesales_totals t
            where t.tenant_id = $1
              and t.scope = {{:scope}}
              and t.campaign_id = {{:campaign}}
              and t.agent_id > seen.id
        )
        from seen
        where seen.id is not null
    )
    select id
    from seen
    where id is not null
    union
    select agent_id
    from telesales_calls_journal
    where tenant_id = $1
      and agent_id is not null
    order by 1
)
