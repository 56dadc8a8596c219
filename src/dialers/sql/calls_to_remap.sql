-- The next $6 calls after that of source $4 and id $5 whose result the ending decided.
select source, id from dialer_calls
where tenant_id = $1 and vocabulary = $2 and ending = $3 and (source, id) > ($4, $5)
order by source, id
limit $6
