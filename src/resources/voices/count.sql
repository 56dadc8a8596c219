-- Number of voices. $2 tier or null, $3 status or null.
select count(*)
from voices v
where v.tenant_id = $1
  and ($2::text is null or v.tier = $2)
  and ($3::text is null or v.status = $3)
