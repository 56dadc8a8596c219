-- Adds changes to the links of lead sources. For the journal, it runs before the trail of calls is updated; in a rebuild,
-- after the trail is built.
with {{versions}},
nearest as ( -- of each lead in each stage: the first row from its creation on, the last row before
    select l.version,
           s.scope,
           case when s.scope = {{scope campaign}} then l.campaign_id else 0 end as campaign_id,
           l.source,
           b.stage,
           l.created_at as created,
           min(e.at) filter (where e.at >= l.created_at) as after,
           max(e.at) filter (where e.at < l.created_at) as before
    from leads l
    join events e on e.version = l.version and e.lead_id = l.lead_id
    cross join (values {{scopes}}) s (scope)
    cross join (values {{bits}}) b (stage)
    where e.stages & b.stage <> 0
      and (s.scope = {{scope account}} or e.campaign_id = l.campaign_id)
    group by l.version, s.scope, l.campaign_id, l.source, l.lead_id, b.stage, l.created_at
), pairs as (
    select scope, campaign_id, source, stage, created as at, after as later, version as weight
    from nearest
    where after is not null
    union all
    select scope, campaign_id, source, stage, before, created, version
    from nearest
    where before is not null
    union all
    select scope, campaign_id, source, stage, before, after, -version
    from nearest
    where before is not null and after is not null
)
insert into telesales_source_links as stored (
    tenant_id,
    scope,
    campaign_id,
    width,
    later_width,
    bucket,
    later_bucket,
    source,
    {{names}}
)
select $1,
       scope,
       campaign_id,
       w.width,
       v.width,
       callboard_bucket(callboard_quarter(at), w.width),
       callboard_bucket(callboard_quarter(later), v.width),
       source,
       {{sums}}
from pairs
cross join (values {{widths}}) w (width)
cross join (values {{widths}}) v (width)
group by 2, 3, 4, 5, 6, 7, 8
having {{any}}
order by 2, 3, 4, 5, 6, 7
on conflict (
    tenant_id, scope, campaign_id, width, later_width, bucket, later_bucket, callboard_key(source)
) do update set
    {{added}}
