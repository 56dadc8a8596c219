-- A page of a campaign's leads, newest id first, each with its attempts. Arguments of the filter; $6 limit, $7 offset.
select
    {{columns}}
from (
    select *
    {{filtered}}
    order by m.id desc
    limit $6 offset $7
) l
cross join lateral (
    {{attempts}}
) a
order by l.id desc
