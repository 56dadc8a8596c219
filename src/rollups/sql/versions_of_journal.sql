changes as materialized (
    select r.campaign_id,
           r.lead_id,
           r.{{at}} as at,
           {{mask}} as stages,
           r.weight as n
    from {{rows}} r
    {{join}}
), before as materialized (
    select t.campaign_id, t.lead_id, t.at, t.stages, t.n
    from (select distinct {{lead}} from changes) c
    join {{name}}_trail t on t.tenant_id = $1 and {{same_lead}}
), versions as ( -- the rows of every lead that changed, before (-1) and after (1)
    select -1 as version,
           campaign_id,
           lead_id,
           at,
           callboard_bucket(callboard_quarter(at), 4) as hour,
           stages
    from before
    where n > 0
    union all
    select 1,
           campaign_id,
           lead_id,
           at,
           callboard_bucket(callboard_quarter(at), 4),
           stages
    from (select * from before union all select * from changes) rows
    group by campaign_id, lead_id, at, stages
    having sum(n) > 0
)
