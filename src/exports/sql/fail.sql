-- Records a failed attempt: the job waits $6 seconds per attempt, or fails for good from attempt $5 on, for reason $4, at $7.
update exports
set status = case when tries >= $5 then 'failed' else 'queued' end,
    error = case when tries >= $5 then $4 end,
    completed_at = case when tries >= $5 then $7::timestamptz end,
    wait_until = case when tries < $5 then now() + make_interval(secs => $6 * tries) end,
    claim = null, leased_until = null, progress_pct = 0, outage_since = null
where tenant_id = $1 and id = $2 and claim = $3
returning status
