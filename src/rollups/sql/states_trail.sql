-- Brings the attempts of leads up to date with their states.
insert into autocall_lead_trail as stored (tenant_id, lead_id, attempts, waiting)
select $1,
       lead_id,
       sum(weight),
       coalesce(sum(weight) filter (where result is null), 0)
from {{rows}} r
group by lead_id
having sum(weight) <> 0
    or sum(weight) filter (where result is null) <> 0
order by lead_id
{{merged}}
