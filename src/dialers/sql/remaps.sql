-- The oldest work on stored calls.
select vocabulary, name, requested_at, done_source, done_id from dialer_remaps
where tenant_id = $1
order by requested_at, vocabulary, name
limit 1
