-- Moves a campaign to status $3 at $4. The first start and the stop keep their instants.
update autocall_campaigns
set status = $3,
    started_at = case when $3 = 'active' then coalesce(started_at, $4) else started_at end,
    completed_at = case when $3 = 'completed' then $4 else completed_at end,
    updated_at = $4
where tenant_id = $1 and id = $2
