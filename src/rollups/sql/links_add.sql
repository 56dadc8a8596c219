-- Adds changes to {{name}}_links, while the trail still records what they were made of.
with {{versions}},
chains as ( -- each hour of a lead with the last hour before it in each stage
    select version,
           scope,
           campaign_id,
           hour,
           stages,
           {{before}}
    from versions
    window earlier as (
        partition by version, scope, campaign_id, lead_id
        order by hour
        rows between unbounded preceding and 1 preceding
    )
), linked as ( -- from each hour to itself, then from the last hour before to it
    select scope,
           campaign_id,
           hour as earlier,
           hour as later,
           {{itself}}
    from chains
    group by 1, 2, 3
    union all
    select scope,
           campaign_id,
           b.earlier,
           hour,
           {{neighbours}}
    from chains
    cross join lateral (values
        {{last}}
    ) b (stage, earlier)
    where b.earlier is not null
      and stages & b.stage <> 0
    group by 1, 2, 3, 4
)
insert into {{name}}_links as stored (
    tenant_id,
    campaign_id,
    scope,
    width,
    later_width,
    bucket,
    later_bucket,
    {{names}}
)
select $1,
       campaign_id,
       scope,
       w.width,
       v.width,
       callboard_bucket(earlier, w.width / 4),
       callboard_bucket(later, v.width / 4),
       {{sums}}
from linked
cross join (values {{widths}}) w (width)
cross join (values {{widths}}) v (width)
group by 2, 3, 4, 5, 6, 7
having {{any}}
order by 2, 3, 4, 5, 6, 7
{{merged}}
