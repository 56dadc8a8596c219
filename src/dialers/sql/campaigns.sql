-- Campaigns by the names in $2: those that were made for a name, else by id, else the oldest of that name.
select told.name, found.id
from unnest($2::text[]) as told (name)
cross join lateral (
    select id from (
        select 1 as place, known.id from dialer_known known
        where known.tenant_id = $1 and known.kind = $3 and known.name = told.name
          and exists (select from {{campaigns}} c where c.tenant_id = $1 and c.id = known.id)
        union all
        select 2, id from {{campaigns}} where tenant_id = $1 and id::text = told.name
        union all
        select 3, id from {{campaigns}} where tenant_id = $1 and name = told.name
    ) as candidates
    order by place, id
    limit 1
) as found
