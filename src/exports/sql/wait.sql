-- Something the job needs is out of reach, which is no try. The job waits $7 seconds at least, longer the longer this has
-- lasted; once it has lasted $6 seconds, the job has failed for the reason $4, at $5. No row where the claim $3 no longer
-- holds.
update exports
set status = case when outage_since <= now() - make_interval(secs => $6) then 'failed' else 'queued' end,
    error = case when outage_since <= now() - make_interval(secs => $6) then $4 end,
    completed_at = case when outage_since <= now() - make_interval(secs => $6) then $5::timestamptz end,
    wait_until = now() + greatest(make_interval(secs => $7), least(coalesce(now() - outage_since, '0') / 4, interval '1 minute')),
    outage_since = coalesce(outage_since, now()),
    tries = tries - 1, claim = null, leased_until = null, progress_pct = 0
where tenant_id = $1 and id = $2 and claim = $3
returning status
