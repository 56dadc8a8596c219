versions as (
    select 1 as version,
           s.scope,
           case when s.scope = {{scope campaign}} then t.campaign_id else 0 end as campaign_id,
           t.lead_id,
           t.hour,
           bit_or(t.stages) as stages
    from {{name}}_trail t
    cross join (values {{scopes}}) s (scope)
    where {{conditions}}
    group by 2, 3, 4, 5
)
