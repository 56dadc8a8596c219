(
    select 1 as weight,
           callboard_quarter(l.created_at) as quarter,
           l.campaign_id,
           l.status,
           coalesce(t.attempts, 0) as attempts,
           coalesce(t.waiting, 0) > 0 as in_progress
    from autocall_leads l
    left join autocall_lead_trail t on t.tenant_id = l.tenant_id and t.lead_id = l.id
    where {{conditions}}
)
