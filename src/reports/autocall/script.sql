-- What the keys do in the script of a campaign; no row where it has no script. $2 the campaign.
select s.dtmf_actions
from autocall_campaigns c
join autocall_scripts s on s.tenant_id = c.tenant_id and s.id = c.script_id
where c.tenant_id = $1 and c.id = $2
