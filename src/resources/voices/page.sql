-- A page of voices, by id. $2 tier or null, $3 status or null, $4 limit, $5 offset.
select
    v.id,
    callboard_short(v.name) as name,
    v.language,
    v.gender,
    v.tier,
    v.status
from voices v
where v.tenant_id = $1
  and ($2::text is null or v.tier = $2)
  and ($3::text is null or v.status = $3)
order by v.id
limit $4 offset $5
