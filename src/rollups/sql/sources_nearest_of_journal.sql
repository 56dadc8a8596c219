-- Full joins, which are never nested loops: few rows are expected of a journal that has not been analyzed, and of what is made
-- of it, and so each lead was compared with every other.
calls as materialized ( -- changes of calls by lead and hour
    select r.campaign_id,
           r.lead_id,
           callboard_bucket(r.quarter, 4) as hour,
           {{mask}} & {{all}} as stages,
           sum(r.weight) as n
    from {{calls}} r
    group by 1, 2, 3, 4
    having sum(r.weight) <> 0
), entries as materialized ( -- changes of leads
    select r.id as lead_id,
           r.campaign_id,
           callboard_bucket(r.quarter, 4) as created,
           callboard_source(r.source) collate "C" as source,
           sum(r.weight) as n
    from {{leads}} r
    group by 1, 2, 3, 4
    having sum(r.weight) <> 0
), touched as materialized ( -- leads with the stages to recount
    select lead_id, bit_or(stages) as stages, max(hours) as hours
    from (
        select lead_id, {{all}} as stages, '{}'::integer[] as hours
        from entries
        union all
        -- Changes after an hour of the same stage since the creation are not the first: such stages stay as they are.
        -- A few rows tell for most leads; a stage not among them is recounted.
        select c.lead_id, c.stages & ~coalesce(known.stages, 0), c.hours
        from (
            select lead_id,
                   min(hour) as first,
                   bit_or(stages) as stages,
                   array_agg(distinct hour) as hours
            from calls
            where stages <> 0
            group by lead_id
        ) c
        cross join lateral (
            select bit_or(t.stages) as stages
            from (
                select t.stages
                from telesales_leads l
                join telesales_trail t on t.tenant_id = $1
                    and t.lead_id = c.lead_id
                    and t.hour >= callboard_bucket(callboard_quarter(l.created_at), 4)
                    and t.hour < c.first
                    and t.campaign_id = l.campaign_id
                where l.tenant_id = $1 and l.id = c.lead_id
                limit 16
            ) t
        ) known
    ) parts
    group by lead_id
    having bit_or(stages) <> 0
), leads as materialized ( -- before and after
    select lead_id,
           campaign_id,
           created,
           source,
           max(stages) as stages,
           max(hours) as hours,
           sum(was) as was,
           sum(is_now) as is_now
    from (
        select t.lead_id,
               l.campaign_id,
               callboard_bucket(callboard_quarter(l.created_at), 4) as created,
               callboard_source(l.source) collate "C" as source,
               t.stages,
               t.hours,
               1 as was,
               1 as is_now
        from touched t
        cross join lateral (
            select l.campaign_id, l.created_at, l.source
            from telesales_leads l
            where l.tenant_id = $1
              and l.id = t.lead_id
            offset 0
        ) l
        union all
        select e.lead_id, e.campaign_id, e.created, e.source, e.stages, e.hours, -e.n, 0
        from (
            select *
            from entries
            full join touched using (lead_id)
            offset 0
        ) e
        where e.n is not null
    ) parts
    group by 1, 2, 3, 4
    having sum(was) > 0 or sum(is_now) > 0
), hours as ( -- changed hours of these leads
    select lead_id,
           campaign_id,
           hour,
           stages,
           coalesce(sum(n) filter (where is_stored), 0) > 0 as was,
           sum(n) > 0 as is_now
    from (
        select c.lead_id, c.campaign_id, c.hour, c.stages, c.n, false as is_stored
        from (
            select *
            from calls
            full join (select distinct lead_id, true as is_touched from leads) l using (lead_id)
            offset 0
        ) c
        where c.n is not null and c.is_touched
        union all
        select h.lead_id, t.campaign_id, h.hour, t.stages & {{all}}, t.n, true
        from (select distinct lead_id, unnest(hours) as hour from leads) h
        cross join lateral (
            select t.campaign_id, t.stages, t.n
            from telesales_trail t
            where t.tenant_id = $1
              and t.lead_id = h.lead_id
              and t.hour = h.hour
            offset 0
        ) t
    ) parts
    group by 1, 2, 3, 4
), reached as ( -- changed hours, and on either side of the creation the nearest hour that did not change
    select l.lead_id, l.campaign_id, l.created, l.source, l.was, l.is_now,
           s.scope, b.stage, l.hour, l.had, l.has
    from (
        select l.*, h.hour, h.campaign_id as called, h.stages as reached, h.was as had, h.is_now as has
        from leads l
        full join hours h on h.lead_id = l.lead_id
        offset 0
    ) l
    cross join (values {{scopes}}) s (scope)
    cross join (values {{bits}}) b (stage)
    where l.stages & b.stage <> 0
      and l.reached & b.stage <> 0
      and (s.scope = {{scope account}} or l.called = l.campaign_id)
    union all
    select l.lead_id, l.campaign_id, l.created, l.source, l.was, l.is_now,
           s.scope, b.stage, t.hour, true, true
    from leads l
    cross join (values {{scopes}}) s (scope)
    cross join (values {{bits}}) b (stage)
    cross join lateral (
        (
            select t.hour
            from telesales_trail t
            where t.tenant_id = $1
              and t.lead_id = l.lead_id
              and t.hour >= l.created
              and (s.scope = {{scope account}} or t.campaign_id = l.campaign_id)
              and t.stages & b.stage <> 0
              and t.hour <> all (l.hours)
            order by t.hour
            limit 1
        )
        union all
        (
            select t.hour
            from telesales_trail t
            where t.tenant_id = $1
              and t.lead_id = l.lead_id
              and t.hour < l.created
              and (s.scope = {{scope account}} or t.campaign_id = l.campaign_id)
              and t.stages & b.stage <> 0
              and t.hour <> all (l.hours)
            order by t.hour desc
            limit 1
        )
    ) t
    where l.stages & b.stage <> 0
), nearest as ( -- of each lead in each stage: the first hour from its creation on, the last hour before
    select v.version,
           scope,
           case when scope = {{scope campaign}} then campaign_id else 0 end as campaign_id,
           source,
           stage,
           created,
           v.after,
           v.before
    from (
        select scope, campaign_id, source, stage, created, was, is_now,
               min(hour) filter (where had and hour >= created) as after_was,
               max(hour) filter (where had and hour < created) as before_was,
               min(hour) filter (where has and hour >= created) as after_is,
               max(hour) filter (where has and hour < created) as before_is
        from reached
        group by lead_id, scope, campaign_id, source, stage, created, was, is_now
    ) l
    cross join lateral (values
        (-was, after_was, before_was),
        (is_now, after_is, before_is)
    ) v (version, after, before)
    where v.version <> 0
)
