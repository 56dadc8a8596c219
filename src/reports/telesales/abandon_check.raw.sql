-- Active campaigns with their dials in a window, without campaigns whose breach was recorded recently.
-- $2 from, $3 to, $4 the instant after which a recorded breach is recent.
select t.id, callboard_short(t.name) as name, t.abandon_rate_limit_pct as limit_pct,
       count(*) as dials,
       count(*) filter (where c.result = 'abandoned') as abandoned,
       count(*) filter (where callboard_is_answer(c.result)) as answers
from telesales_campaigns t
join callboard_calls($1, $2, $3, null, null) c on c.campaign_id = t.id and callboard_is_dial(c.result)
where t.tenant_id = $1 and t.status = 'active'
  and not exists (select from abandon_breaches b
                  where b.tenant_id = $1 and b.campaign_id = t.id and b.detected_at > $4)
group by t.id, t.name, t.abandon_rate_limit_pct
order by t.id
