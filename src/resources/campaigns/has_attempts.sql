-- True if a campaign or one of its leads has attempts. $2 id.
select exists (
    select
    from autocall_attempts
    where tenant_id = $1 and campaign_id = $2
) or exists (
    select
    from autocall_leads l
    join autocall_attempts a on a.tenant_id = $1 and a.lead_id = l.id
    where l.tenant_id = $1 and l.campaign_id = $2
)
