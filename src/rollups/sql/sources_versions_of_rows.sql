leads as (
    select 1 as version,
           r.id as lead_id,
           r.campaign_id,
           r.created_at,
           callboard_source(r.source) collate "C" as source
    from telesales_leads r
    where {{conditions}}
), events as (
    select 1 as version,
           r.campaign_id,
           r.lead_id,
           r.at,
           r.stages
    from telesales_trail r
    where {{conditions}}
)
