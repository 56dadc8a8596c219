-- The last seven local days with calls of each campaign, within a window: the first of them, as days since 1970, and their number. The
-- plan of the window.
select campaign.id, min(q.day) as first_day, count(*) as days
from {{campaigns}} campaign
cross join lateral (
    select r.local_second / 86400 as day
    from {{totals}} r
    group by 1
    having sum({{dials}}) <> 0
    order by 1 desc
    limit 7
) q
where campaign.tenant_id = $1
group by campaign.id
