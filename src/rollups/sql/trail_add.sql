-- Brings {{name}}_trail up to date with the links.
insert into {{name}}_trail as stored (tenant_id, campaign_id, lead_id, hour, stages, n)
select $1,
       campaign_id,
       lead_id,
       hour,
       stages,
       sum(weight)
from (
    select r.campaign_id,
           r.lead_id,
           callboard_bucket(r.quarter, 4) as hour,
           {{mask}} as stages,
           r.weight
    from {{rows}} r
) r
where stages <> 0
group by campaign_id, lead_id, hour, stages
having sum(weight) <> 0
order by {{lead_key}}, stages
{{merged}}
