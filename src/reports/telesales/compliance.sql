-- Campaigns with their calls in a window: those that are active or paused, and those with calls. $2 campaign or null, $3 sources of
-- leads; the plan of the window.
select campaign.id, callboard_short(campaign.name) as name, campaign.status, campaign.abandon_rate_limit_pct,
       c.dials, c.abandoned, c.answers, c.blocked
from telesales_campaigns campaign
cross join lateral (
    select coalesce(sum(dials), 0) as dials,
           coalesce(sum(abandoned), 0) as abandoned,
           coalesce(sum(answers), 0) as answers,
           coalesce(sum(blocked), 0) as blocked
    from {{rolled telesales_totals scope=campaign campaign=campaign.id sources=$3}} r
) c
where campaign.tenant_id = $1 and ($2::bigint is null or campaign.id = $2)
  and (campaign.status in ('active', 'paused') or c.dials + c.blocked > 0)
order by campaign.id desc
limit 10000
