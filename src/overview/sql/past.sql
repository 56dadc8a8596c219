-- Calls of campaigns by stretches of $3 seconds, counted since 1970. $2 campaigns; the plan of the window.
select campaign.id, q.stretch, q.dials, q.answers, q.abandoned, q.in_progress
from unnest($2::bigint[]) as campaign (id)
cross join lateral (
    select r.local_second / $3::bigint as stretch,
           sum({{dials}}) as dials,
           sum({{answers}}) as answers,
           sum(abandoned) as abandoned,
           sum({{in_progress}}) as in_progress
    from {{totals}} r
    group by 1
) q
