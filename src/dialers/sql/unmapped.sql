-- Endings that no table knows, by number of calls.
select source, vocabulary, ending as name, count(*) as calls from dialer_calls
where tenant_id = $1 and is_unmapped
group by source, vocabulary, ending
order by calls desc, ending, vocabulary, source
limit $2 offset $3
