-- Claims a key until the end of the transaction. $2 method, $3 path, $4 key. False if another transaction has it.
select pg_try_advisory_xact_lock(hashtextextended(concat_ws(' ', 'idempotency', $1, $2, $3, $4), 0))
