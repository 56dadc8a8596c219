-- Leads of campaigns, and those without a dial for the campaign. $2 campaigns.
select campaign.id, leads.total, greatest(leads.total - reached.dialed, 0) as left_over
from unnest($2::bigint[]) as campaign (id)
cross join lateral (
    select count(*) as total
    from telesales_leads l
    where l.tenant_id = $1 and l.campaign_id = campaign.id and l.created_at >= callboard_complete_from($1)
) leads
cross join lateral (
    select count(distinct c.lead_id) as dialed
    from telesales_calls c
    where c.tenant_id = $1 and c.campaign_id = campaign.id and c.started_at >= callboard_complete_from($1)
      and callboard_is_dial(c.result)
) reached
