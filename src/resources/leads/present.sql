-- Leads of campaign $2 that have one of the phones $3: the first lead of each.
select
    l.phone,
    min(l.id) as id
from autocall_leads l
where l.tenant_id = $1
  and l.campaign_id = $2
  and l.phone = any ($3)
group by l.phone
