-- Renews a lease for $4 seconds and stores the progress $5. No row if the claim is lost.
update exports
set leased_until = clock_timestamp() + make_interval(secs => $4), progress_pct = $5
where tenant_id = $1 and id = $2 and claim = $3
