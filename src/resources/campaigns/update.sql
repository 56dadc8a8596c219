-- Changes campaign $2 to the columns $3.
update autocall_campaigns r
set (name,
     description,
     script_id,
     caller_id_group_id,
     max_retries,
     retry_interval_minutes,
     retry_only_when,
     max_concurrent,
     originate_timeout,
     write_to_main_cdr,
     start_at,
     end_at,
     updated_at) = (
    select
        changed.name,
        changed.description,
        changed.script_id,
        changed.caller_id_group_id,
        changed.max_retries,
        changed.retry_interval_minutes,
        changed.retry_only_when,
        changed.max_concurrent,
        changed.originate_timeout,
        changed.write_to_main_cdr,
        changed.start_at,
        changed.end_at,
        changed.updated_at
    from jsonb_populate_record(r, $3::jsonb) as changed
)
where r.tenant_id = $1 and r.id = $2
