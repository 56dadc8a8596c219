-- A page of AutoCall campaigns, newest id first. $2 part of the name or null, $3 status or null, $4 limit, $5 offset.
select c.id, callboard_short(c.name) as name, c.status, c.script_id, c.started_at, c.created_at,
       (select count(*) from autocall_leads l where l.tenant_id = $1 and l.campaign_id = c.id) as total_leads
from autocall_campaigns c
where c.tenant_id = $1
  and ($2::text is null or strpos(callboard_folded(c.name), callboard_folded($2)) > 0)
  and ($3::text is null or c.status = $3)
order by c.id desc
limit $4 offset $5
