-- Campaigns with their calls in a window: those that are active or paused, and those with calls. $2 from, $3 to, $4 campaign or null,
-- $5 sources of leads.
select campaign.id, callboard_short(campaign.name) as name, campaign.status, campaign.abandon_rate_limit_pct,
       c.dials, c.abandoned, c.answers, c.blocked
from telesales_campaigns campaign
cross join lateral (
    select count(*) filter (where callboard_is_dial(c.result)) as dials,
           count(*) filter (where c.result = 'abandoned') as abandoned,
           count(*) filter (where callboard_is_answer(c.result)) as answers,
           count(*) filter (where c.result = 'blocked') as blocked
    from callboard_calls($1, $2, $3, campaign.id, null) c
    left join telesales_leads l on l.tenant_id = $1 and l.id = c.lead_id
    where {{from_source l $5}}
) c
where campaign.tenant_id = $1 and ($4::bigint is null or campaign.id = $4)
  and (campaign.status in ('active', 'paused') or c.dials + c.blocked > 0)
order by campaign.id desc
limit 10000
