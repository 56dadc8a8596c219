-- Brings {{name}}_trail up to date with the links.
insert into {{name}}_trail as stored (tenant_id, campaign_id, lead_id, at, stages, n)
select $1,
       r.campaign_id,
       r.lead_id,
       r.{{at}},
       {{mask}},
       sum(r.weight)
from {{rows}} r
{{join}}
group by 2, 3, 4, 5
having sum(r.weight) <> 0
on conflict (tenant_id, {{lead_key}}, at, stages) do update set
    n = stored.n + excluded.n
