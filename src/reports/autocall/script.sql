-- Actions in the script of a campaign, the first one of each key; no row if it has no script, or the script defines none. $2
-- campaign.
select distinct on (action ->> 'digit') action ->> 'digit' as digit, callboard_short(action ->> 'label') as label
from autocall_campaigns c
join autocall_scripts s on s.tenant_id = c.tenant_id and s.id = c.script_id
cross join lateral jsonb_array_elements(
    case jsonb_typeof(s.dtmf_actions) when 'array' then s.dtmf_actions else '[]' end) with ordinality as listed (action, at)
where c.tenant_id = $1 and c.id = $2
  and action ->> 'digit' in ('0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '#') and action ->> 'label' is not null
order by action ->> 'digit', at
