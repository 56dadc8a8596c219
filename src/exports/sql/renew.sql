-- Renews a lease for $4 seconds and says how far the work is, $5. No row where somebody else has the job by now, or
-- nobody.
update exports
set leased_until = clock_timestamp() + make_interval(secs => $4), progress_pct = $5
where tenant_id = $1 and id = $2 and claim = $3
