-- Leads of campaigns, and those whose status is not final. $2 campaigns; the plan of all time that has rows.
select campaign.id, leads.total, leads.unfinished as left_over
from unnest($2::bigint[]) as campaign (id)
cross join lateral (
    select coalesce(sum(leads), 0) as total, coalesce(sum(unfinished), 0) as unfinished
    from {{rolled autocall_lead_totals scope=campaign campaign=campaign.id}} r
) leads
