-- Leads created in a window that reached a stage in it, by source: the links inside the window's whole hours, corrected by
-- leads that links do not know completely: minus their counted state, plus their current one.
with linked as (
    select
        l.source,
        {{linked}}
    {{inside}}
    group by l.source
), changed as materialized (
    {{calls_changed}}
    union
    {{leads_changed}}
), ends as materialized (
    {{calls_at_ends}}
    union
    {{leads_at_ends}}
), reached as (
    {{reached}}
), versions as (
    select lead_id,
           source,
           created_at,
           sum(n) as n,
           sum(folded) as folded
    from (
        select r.id,
               r.campaign_id,
               callboard_source(r.source) collate "C",
               r.created_at,
               1,
               1
        from (select lead_id from ends union select lead_id from changed) s
        cross join lateral (
            select *
            from telesales_leads r
            where r.tenant_id = $1
              and r.id = s.lead_id
            offset 0
        ) r
        union all
        select r.id,
               r.campaign_id,
               callboard_source(r.source) collate "C",
               r.created_at,
               0,
               -r.weight
        from telesales_leads_journal r
        where r.tenant_id = $1
    ) v (lead_id, campaign_id, source, created_at, n, folded)
    where {{:scope}} = {{scope account}}
       or campaign_id = {{:campaign}}
    group by lead_id, campaign_id, source, created_at
), corrected as (
    select
        v.source,
        {{corrected}}
    from versions v
    join reached using (lead_id)
    group by v.source
)
select
    source,
    {{sums}}
from (select * from linked union all select * from corrected) parts
group by source
