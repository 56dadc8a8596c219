-- Gives a job back untried, for whoever comes next: its worker stops.
update exports
set status = 'queued', tries = tries - 1, claim = null, leased_until = null, progress_pct = 0
where tenant_id = $1 and id = $2 and claim = $3
