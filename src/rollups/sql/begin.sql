-- A compaction ends, however long it takes and whatever limits its role has. TRUNCATE locks a table before what is derived
-- from it, and so does this: neither waits for the other in a circle.
set local statement_timeout = 0;
set local lock_timeout = 0;
set local idle_in_transaction_session_timeout = 0;
set local work_mem = '128MB';
set local jit = off;
lock table
    {{tables}}
in access share mode
