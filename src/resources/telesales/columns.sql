-- Columns of a Telesales campaign as clients see it; r is its row.
r.id,
callboard_short(r.name) as name,
r.status,
r.created_at,
(
    select count(*)
    from telesales_leads l
    where l.tenant_id = $1 and l.campaign_id = r.id
) as total_leads
