nearest as ( -- of each lead in each stage: the first hour from its creation on, the last hour before
    select 1 as version,
           s.scope,
           case when s.scope = {{scope campaign}} then r.campaign_id else 0 end as campaign_id,
           callboard_source(r.source) collate "C" as source,
           b.stage,
           r.created,
           min(t.hour) filter (where t.hour >= r.created) as after,
           max(t.hour) filter (where t.hour < r.created) as before
    from (
        select r.id,
               r.campaign_id,
               r.source,
               callboard_bucket(callboard_quarter(r.created_at), 4) as created
        from telesales_leads r
        where {{conditions}}
    ) r
    join telesales_trail t on t.tenant_id = $1 and t.lead_id = r.id
    cross join (values {{scopes}}) s (scope)
    cross join (values {{bits}}) b (stage)
    where t.stages & b.stage <> 0
      and (s.scope = {{scope account}} or t.campaign_id = r.campaign_id)
    group by r.id, r.campaign_id, r.source, r.created, s.scope, b.stage
)
