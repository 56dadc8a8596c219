-- A page of AutoCall campaigns, newest id first. $2 part of the name or null, $3 status or null, $4 script or null,
-- $5 limit, $6 offset.
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
where c.tenant_id = $1
  and ($2::text is null or strpos(callboard_folded(c.name), callboard_folded($2)) > 0)
  and ($3::text is null or c.status = $3)
  and ($4::text is null or c.script_id = $4::bigint)
order by c.id desc
limit $5 offset $6
