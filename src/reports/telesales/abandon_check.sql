-- Active campaigns with their dials in a window, without campaigns whose breach was recorded recently.
-- $2 the instant after which a recorded breach is recent; the plan of the window.
select t.id, callboard_short(t.name) as name, t.abandon_rate_limit_pct as limit_pct, c.dials, c.abandoned, c.answers
from telesales_campaigns t
cross join lateral (
    select sum(dials) as dials, sum(abandoned) as abandoned, sum(answers) as answers
    from {{rolled telesales_totals scope=campaign campaign=t.id}} r
) c
where t.tenant_id = $1 and t.status = 'active' and c.dials > 0
  and not exists (select from abandon_breaches b
                  where b.tenant_id = $1 and b.campaign_id = t.id and b.detected_at > $2)
order by t.id
