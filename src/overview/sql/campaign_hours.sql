-- Dials of campaigns by hour, counted since 1970. $2 campaigns; the plan of the window.
select campaign.id, q.hour, q.dials, q.abandoned, q.answers
from unnest($2::bigint[]) as campaign (id)
cross join lateral (
    select r.local_second / 3600 as hour,
           sum(dials) as dials,
           sum(abandoned) as abandoned,
           sum(answers) as answers
    from {{rolled telesales_totals scope=campaign campaign=campaign.id}} r
    group by 1
) q
