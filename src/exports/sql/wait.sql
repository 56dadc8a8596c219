-- Requeues a job whose store or database is unreachable, without counting an attempt. It waits at least $7 seconds, longer
-- the longer the outage; after $6 seconds of outage it fails for reason $4, at $5. No row if claim $3 is lost.
update exports
set status = case when outage_since <= now() - make_interval(secs => $6) then 'failed' else 'queued' end,
    error = case when outage_since <= now() - make_interval(secs => $6) then $4 end,
    completed_at = case when outage_since <= now() - make_interval(secs => $6) then $5::timestamptz end,
    wait_until = now() + greatest(make_interval(secs => $7), least(coalesce(now() - outage_since, '0') / 4, interval '1 minute')),
    outage_since = coalesce(outage_since, now()),
    tries = tries - 1, claim = null, leased_until = null, progress_pct = 0
where tenant_id = $1 and id = $2 and claim = $3
returning status
