-- Deletes runs that were due before $2 and have no file, at most 1,000.
delete from schedule_runs
where tenant_id = $1 and id = any (array(
    select id
    from schedule_runs
    where tenant_id = $1 and due_at < $2 and file_key is null and status not in ('queued', 'running')
    limit 1000
))
