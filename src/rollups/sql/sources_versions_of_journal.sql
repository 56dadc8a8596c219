changed as materialized (
    select lead_id from telesales_calls_journal where tenant_id = $1
    union
    select id from telesales_leads_journal where tenant_id = $1
), stored_leads as (
    select r.id as lead_id,
           r.campaign_id,
           r.created_at,
           callboard_source(r.source) collate "C" as source
    from changed c
    join telesales_leads r on r.tenant_id = $1 and r.id = c.lead_id
), entries as (
    select r.id as lead_id,
           r.campaign_id,
           r.created_at,
           callboard_source(r.source) collate "C" as source,
           r.weight
    from telesales_leads_journal r
    where r.tenant_id = $1
), leads as ( -- before (-1) and after (1)
    select 1 as version, lead_id, campaign_id, created_at, source
    from stored_leads
    union all
    select -1, lead_id, campaign_id, created_at, source
    from (
        select lead_id, campaign_id, created_at, source, 1 as weight from stored_leads
        union all
        select lead_id, campaign_id, created_at, source, -weight from entries
    ) before
    group by lead_id, campaign_id, created_at, source
    having sum(weight) > 0
), known as materialized (
    select t.campaign_id, t.lead_id, t.at, t.stages, t.n
    from changed c
    join telesales_trail t on t.tenant_id = $1 and t.lead_id = c.lead_id
), events as materialized (
    select -1 as version, campaign_id, lead_id, at, stages
    from known
    where n > 0
    union all
    select 1, campaign_id, lead_id, at, stages
    from (
        select * from known
        union all
        select r.campaign_id,
               r.lead_id,
               r.started_at,
               {{mask}},
               r.weight
        from telesales_calls_journal r
        where r.tenant_id = $1
    ) rows
    group by campaign_id, lead_id, at, stages
    having sum(n) > 0
)
