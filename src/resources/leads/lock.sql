-- The leads $2, of campaign $3 where that is not null, locked in the order of their ids. With their attempts if $4, else
-- without.
select
    {{columns}}
from autocall_leads l
left join lateral (
    {{attempts}}
) a on $4
where l.tenant_id = $1
  and l.id = any ($2)
  and ($3::bigint is null or l.campaign_id = $3)
order by l.id
for no key update of l
