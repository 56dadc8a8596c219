-- Campaigns that stale marks of a module name, by themselves or by their script. $2 the module.
select
    s.campaign_id,
    s.script_id,
    c.id
from rollup_stale s
left join autocall_campaigns c on c.tenant_id = $1 and c.script_id = s.script_id
where s.tenant_id = $1 and s.module = $2
