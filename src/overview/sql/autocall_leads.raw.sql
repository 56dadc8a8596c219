-- Leads of campaigns, and those whose status is not final. $2 campaigns.
select campaign.id, leads.total, leads.unfinished as left_over
from unnest($2::bigint[]) as campaign (id)
cross join lateral (
    select count(*) as total, count(*) filter (where {{retryable l}}) as unfinished
    from autocall_leads l
    where l.tenant_id = $1 and l.campaign_id = campaign.id and l.created_at >= callboard_complete_from($1)
) leads
