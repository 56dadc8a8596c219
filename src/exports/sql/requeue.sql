-- Requeues a job without counting the attempt: its worker is stopping.
update exports
set status = 'queued', tries = tries - 1, claim = null, leased_until = null, progress_pct = 0
where tenant_id = $1 and id = $2 and claim = $3
