-- The next $4 calls after that of source $2 and id $3.
select source, id from dialer_calls
where tenant_id = $1 and (source, id) > ($2, $3)
order by source, id
limit $4
