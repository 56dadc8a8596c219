-- Notes a try to mail run $2: $4 its state, $5 reason; it is tried again at $6 with mail $7, or if those are null, is finished at
-- $8. No row if claim $3 is lost.
update schedule_runs
set status = $4, error = $5, next_try_at = $6, mail = $7, finished_at = case when $6::timestamptz is null then $8::timestamptz end,
    claim = null, leased_until = null
where tenant_id = $1 and id = $2 and claim = $3
