-- Marks run $2 delivered: $4 key and $5 name of its file, $6 its bytes and $7 its rows, $8 now, $9 expiry of the file. No row if
-- claim $3 is lost.
update schedule_runs
set status = 'delivered', finished_at = $8, file_key = $4, file_name = $5, bytes = $6, rows = $7, expires_at = $9, error = null,
    claim = null, leased_until = null, next_try_at = null
where tenant_id = $1 and id = $2 and claim = $3
