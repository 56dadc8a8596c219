-- Agents by the names in $2: by user name without case, else those that were made for a name, else by id.
select told.name, found.id
from unnest($2::text[]) as told (name)
cross join lateral (
    select id from (
        select 1 as place, id from agents where tenant_id = $1 and lower(username) = lower(told.name)
        union all
        select 2, known.id from dialer_known known
        where known.tenant_id = $1 and known.kind = $3 and known.name = told.name
          and exists (select from agents a where a.tenant_id = $1 and a.id = known.id)
        union all
        select 3, id from agents where tenant_id = $1 and id::text = told.name
    ) as candidates
    order by place, id
    limit 1
) as found
