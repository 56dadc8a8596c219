-- Leads created in a window that reached a stage in it, by source: the links inside the window's whole hours, corrected by
-- leads that links do not know completely: minus their counted state, plus their current one.
with hours as materialized (
    {{hours}}
), linked as (
    select
        l.source,
        {{linked}}
    {{inside}}
    group by l.source
), changed as materialized (
    {{changed}}
), reached as materialized (
    {{reached}}
), versions as (
    select lead_id,
           source,
           (sum(n) > 0 and created_at >= {{:window_from}} and created_at < {{:window_to}})::integer as is_in,
           (sum(folded) > 0 and created_at >= {{:hours_from}} and created_at < {{:hours_to}})::integer as was_in
    from (
        select r.id,
               r.campaign_id,
               r.source,
               r.created_at,
               1,
               1
        from (
            select lead_id from reached
            union
            {{leads_at_ends}}
            union
            {{leads_changed}}
        ) s
        cross join lateral (
            select r.id, r.campaign_id, r.source, r.created_at
            from telesales_leads r
            where r.tenant_id = $1
              and r.id = s.lead_id
            offset 0
        ) r
        union all
        select r.id,
               r.campaign_id,
               r.source,
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
        callboard_source(r.source) collate "C" as source,
        {{corrected}}
    from (
        select v.lead_id,
               v.source,
               v.is_in,
               v.was_in,
               coalesce(v.before, 0) as before,
               coalesce(v.after, 0) as after,
               coalesce(v.hours, '{}') as hours
        from (
            select v.lead_id, v.source, v.is_in, v.was_in, r.before, r.after, r.hours
            from versions v
            full join reached r using (lead_id) -- never a nested loop
            offset 0
        ) v
        where v.is_in + v.was_in > 0
    ) r
    cross join hours h
    {{kept}}
    group by 1
)
select
    source,
    {{sums}}
from (select * from linked union all select * from corrected) parts
group by source
