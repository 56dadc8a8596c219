-- Campaigns that dialed with caller IDs. $2 campaigns, $3 caller IDs; the plan of the window.
select q.cid, campaign.id as campaign_id
from unnest($2::bigint[]) as campaign (id)
cross join lateral (
    select r.cid
    from {{rolled telesales_caller_ids scope=campaign campaign=campaign.id}} r
    where r.cid = any ($3)
    group by r.cid
    having sum(calls) > 0
) q
order by 1, 2
