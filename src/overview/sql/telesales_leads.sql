-- Leads of campaigns, and those without a dial for the campaign. $2 campaigns; the plan of all time that has rows, then the links of all
-- time.
select campaign.id, leads.total, greatest(leads.total - reached.dialed, 0) as left_over
from unnest($2::bigint[]) as campaign (id)
cross join lateral (
    select coalesce(sum(leads), 0) as total
    from {{rolled telesales_lead_totals scope=campaign campaign=campaign.id}} r
) leads
cross join lateral (
    select dialed
    from {{rolled telesales_leads scope=campaign campaign=campaign.id}} r
) reached
