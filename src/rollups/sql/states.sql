-- Leads created in the window of a plan by progress, of a tenant or of some campaigns. Like every reader, it looks up each
-- range separately; leads created in the window's ragged ends are looked up one by one.
with changed as materialized (
    {{changed}}
)
select
    {{sums}}
from (
    select
        {{stored}}
    from unnest({{:ranges}}) as p (width, first_bucket, end_bucket, utc_offset)
    cross join unnest({{:campaigns}}) as c (id)
    cross join lateral (
        select *
        from autocall_lead_states l
        where l.tenant_id = $1
          and l.scope = {{:scope}}
          and l.campaign_id = c.id
          and l.agent_id = 0
          and l.width = p.width
          and l.bucket >= p.first_bucket
          and l.bucket < p.end_bucket
        offset 0
    ) r
    union all
    select
        {{weighted}}
    from (
        {{versions}}
    ) r
    where exists (
        select from unnest({{:ranges}}) as p (width, first_bucket, end_bucket, utc_offset)
        where r.quarter >= p.first_bucket::bigint * p.width
          and r.quarter < p.end_bucket::bigint * p.width
    )
    union all
    select
        {{rows}}
    from (
        select l.status,
               coalesce(t.attempts, 0) + coalesce(l.attempts, 0) as attempts,
               coalesce(t.waiting, 0) + coalesce(l.waiting, 0) > 0 as in_progress
        from (
            select l.id, l.status, c.attempts, c.waiting
            from (
                select l.id, l.status
                from unnest({{:ragged}}) as p (begins, ends, utc_offset)
                cross join lateral (
                    select l.id, l.status
                    from autocall_leads l
                    where {{:scope}} = {{scope account}}
                      and l.tenant_id = $1
                      and l.created_at >= p.begins
                      and l.created_at < p.ends
                    offset 0
                ) l
                union all
                select l.id, l.status
                from unnest({{:campaigns}}) as c (id)
                cross join unnest({{:ragged}}) as p (begins, ends, utc_offset)
                cross join lateral (
                    select l.id, l.status
                    from autocall_leads l
                    where {{:scope}} = {{scope campaign}}
                      and l.tenant_id = $1
                      and l.campaign_id = c.id
                      and l.created_at >= p.begins
                      and l.created_at < p.ends
                    offset 0
                ) l
            ) l
            full join changed c on c.lead_id = l.id -- never a nested loop
            offset 0
        ) l
        left join lateral (
            select t.attempts, t.waiting
            from autocall_lead_trail t
            where t.tenant_id = $1
              and t.lead_id = l.id
            offset 0
        ) t on true
        where l.id is not null
    ) r
) parts
