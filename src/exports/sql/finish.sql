-- Marks a job ready: $4 key, $5 name, $6 bytes and $7 rows of its file, $8 seconds taken, $9 time, $10 expiry. No row if claim
-- $3 is lost.
update exports
set status = 'ready', progress_pct = 100, claim = null, leased_until = null,
    file_key = $4, file_name = $5, file_size = $6, rows_written = $7, seconds_taken = $8, completed_at = $9,
    expires_at = $10, outage_since = null
where tenant_id = $1 and id = $2 and claim = $3
