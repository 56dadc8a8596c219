-- A compaction has no timeout, whatever limits its role has. TRUNCATE locks a table before its derived tables, and so does
-- this, so that they cannot deadlock.
set local statement_timeout = 0;
set local lock_timeout = 0;
set local idle_in_transaction_session_timeout = 0;
set local work_mem = '128MB';
lock table
    {{tables}}
in access share mode
