versions as (
    select 1 as version,
           r.campaign_id,
           r.lead_id,
           r.{{at}} as at,
           callboard_bucket(r.quarter, 4) as hour,
           {{mask}} as stages
    from {{rows}} r
    {{join}}
)
