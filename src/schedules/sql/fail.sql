-- Records a failed try of run $2, for reason $4: it is tried again at $5, or if that is null, has failed for good at $6. No row
-- if claim $3 is lost.
update schedule_runs
set status = case when $5::timestamptz is null then 'failed' else 'queued' end,
    error = $4, finished_at = case when $5::timestamptz is null then $6::timestamptz end, next_try_at = $5,
    claim = null, leased_until = null
where tenant_id = $1 and id = $2 and claim = $3
