-- A page of Telesales campaigns, newest id first. $2 part of the name or null, $3 status or null, $4 limit, $5 offset.
select c.id, callboard_short(c.name) as name, c.status, c.created_at,
       (select count(*) from telesales_leads l where l.tenant_id = $1 and l.campaign_id = c.id) as total_leads
from telesales_campaigns c
where c.tenant_id = $1
  and ($2::text is null or strpos(callboard_folded(c.name), callboard_folded($2)) > 0)
  and ($3::text is null or c.status = $3)
order by c.id desc
limit $4 offset $5
