l.id as lead_id,
l.campaign_id,
l.created_at,
l.status,
(
    select count(*)
    from autocall_attempts a
    where a.tenant_id = $1 and a.lead_id = l.id
)::integer as attempts,
exists (
    select from autocall_attempts a
    where a.tenant_id = $1 and a.lead_id = l.id and a.result is null
) as in_progress
