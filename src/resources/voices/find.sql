-- One voice. $2 id.
select
    v.id,
    callboard_short(v.name) as name,
    v.language,
    v.gender,
    v.tier,
    v.status
from voices v
where v.tenant_id = $1 and v.id = $2
