changes as materialized ( -- the journal by lead and hour
    select s.scope,
           case when s.scope = {{scope campaign}} then r.campaign_id else 0 end as campaign_id,
           r.lead_id,
           r.hour,
           r.stages,
           sum(r.n) as n
    from (
        select r.campaign_id,
               r.lead_id,
               callboard_bucket(r.quarter, 4) as hour,
               {{mask}} as stages,
               sum(r.weight) as n
        from {{rows}} r
        group by 1, 2, 3, 4
        having sum(r.weight) <> 0
    ) r
    cross join (values {{scopes}}) s (scope)
    group by 1, 2, 3, 4, 5
), hours as materialized ( -- hours in which a lead reached other stages before than after
    select scope,
           campaign_id,
           lead_id,
           hour,
           coalesce(bit_or(stages) filter (where before > 0), 0) as before,
           coalesce(bit_or(stages) filter (where after > 0), 0) as after
    from (
        select scope,
               campaign_id,
               lead_id,
               hour,
               stages,
               sum(n) filter (where is_stored) as before,
               sum(n) as after
        from (
            select *, false as is_stored
            from changes
            union all
            select h.scope, h.campaign_id, h.lead_id, h.hour, t.stages, t.n, true
            from (select distinct scope, campaign_id, lead_id, hour from changes) h
            cross join lateral (
                select t.stages, t.n
                from {{name}}_trail t
                where t.tenant_id = $1
                  and t.lead_id = h.lead_id
                  and t.hour = h.hour
                  and {{in_scope}}
                offset 0
            ) t
        ) parts
        group by 1, 2, 3, 4, 5
    ) rows
    group by 1, 2, 3, 4
    having coalesce(bit_or(stages) filter (where before > 0), 0)
        <> coalesce(bit_or(stages) filter (where after > 0), 0)
), nodes as ( -- with the nearest hours on either side that have the stage: pairs between others stay as they are
    select scope,
           campaign_id,
           lead_id,
           hour,
           coalesce(bit_or(before) filter (where is_changed), bit_or(before)) as before,
           coalesce(bit_or(after) filter (where is_changed), bit_or(after)) as after
    from (
        select *, true as is_changed
        from hours
        union all
        select h.scope, h.campaign_id, h.lead_id, t.hour, b.stage, b.stage, false
        from hours h
        cross join (values {{bits}}) b (stage)
        cross join lateral (
            (
                select t.hour
                from {{name}}_trail t
                where t.tenant_id = $1
                  and t.lead_id = h.lead_id
                  and t.hour < h.hour
                  and {{in_scope}}
                  and t.stages & b.stage <> 0
                order by t.hour desc
                limit 1
            )
            union all
            (
                select t.hour
                from {{name}}_trail t
                where t.tenant_id = $1
                  and t.lead_id = h.lead_id
                  and t.hour > h.hour
                  and {{in_scope}}
                  and t.stages & b.stage <> 0
                order by t.hour
                limit 1
            )
        ) t
        where (h.before # h.after) & b.stage <> 0
    ) parts
    group by 1, 2, 3, 4
), versions as ( -- before (-1) and after (1)
    select v.version,
           n.scope,
           n.campaign_id,
           n.lead_id,
           n.hour,
           v.stages
    from nodes n
    cross join lateral (values (-1, n.before), (1, n.after)) v (version, stages)
    where v.stages <> 0
)
