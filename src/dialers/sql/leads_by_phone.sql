-- The oldest lead of each campaign in $2 with the number in $3.
select distinct on (lead.campaign_id, lead.phone) lead.campaign_id, lead.phone, lead.id
from (select distinct campaign_id, phone from unnest($2::bigint[], $3::text[]) as told (campaign_id, phone)) as told
join {{leads}} lead on lead.tenant_id = $1 and lead.phone = told.phone and lead.campaign_id = told.campaign_id
order by lead.campaign_id, lead.phone, lead.created_at, lead.id
