-- The file is there: $4 its key, $5 its name, $6 its bytes, $7 its rows, $8 the seconds they took, $9 when, $10 until
-- when it is kept. No row where the claim $3 no longer holds.
update exports
set status = 'ready', progress_pct = 100, claim = null, leased_until = null,
    file_key = $4, file_name = $5, file_size = $6, rows_written = $7, seconds_taken = $8, completed_at = $9,
    expires_at = $10, outage_since = null
where tenant_id = $1 and id = $2 and claim = $3
