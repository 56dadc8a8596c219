-- Columns of a campaign as clients see it; r is its row.
r.id,
r.tenant_id,
callboard_short(r.name) as name,
r.description,
r.status,
r.script_id,
r.caller_id_group_id,
r.max_retries,
r.retry_interval_minutes,
r.retry_only_when,
r.max_concurrent,
r.originate_timeout,
r.write_to_main_cdr,
r.start_at,
r.end_at,
r.started_at,
r.completed_at,
r.created_at,
r.updated_at,
(
    select count(*)
    from autocall_leads l
    where l.tenant_id = $1 and l.campaign_id = r.id
) as total_leads
