-- One AutoCall campaign. $2 id.
select
    c.id,
    c.tenant_id,
    callboard_short(c.name) as name,
    c.description,
    c.status,
    c.script_id,
    c.caller_id_group_id,
    c.max_retries,
    c.retry_interval_minutes,
    c.retry_only_when,
    c.max_concurrent,
    c.originate_timeout,
    c.write_to_main_cdr,
    c.start_at,
    c.end_at,
    c.started_at,
    c.completed_at,
    c.created_at,
    c.updated_at,
    (
        select count(*)
        from autocall_leads l
        where l.tenant_id = $1 and l.campaign_id = c.id
    ) as total_leads
from autocall_campaigns c
where c.tenant_id = $1 and c.id = $2
