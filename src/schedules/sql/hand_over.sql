-- Leaves run $2, whose file is made, to the workers that mail: $4 key and $5 name of its file, $6 its bytes and $7 its rows, $8
-- now, $9 expiry of the file, $10 the mail. No row if claim $3 is lost.
update schedule_runs
set status = 'queued', file_key = $4, file_name = $5, bytes = $6, rows = $7, next_try_at = $8, expires_at = $9, mail = $10,
    tries = 0, error = null, claim = null, leased_until = null
where tenant_id = $1 and id = $2 and claim = $3
