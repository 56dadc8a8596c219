-- Adds changes to the links of lead sources. For the journal, it runs before the trail of calls is updated; in a rebuild,
-- after the trail is built.
with {{nearest}},
pairs as (
    select scope, campaign_id, source, stage, created as earlier, after as later, version as weight
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
    campaign_id,
    scope,
    width,
    later_width,
    bucket,
    later_bucket,
    source,
    {{names}}
)
select $1,
       campaign_id,
       scope,
       w.width,
       v.width,
       callboard_bucket(earlier, w.width / 4),
       callboard_bucket(later, v.width / 4),
       source,
       {{sums}}
from pairs
cross join (values {{widths}}) w (width)
cross join (values {{widths}}) v (width)
group by 2, 3, 4, 5, 6, 7, 8
having {{any}}
order by 2, 3, 4, 5, 6, 7
{{merged}}
