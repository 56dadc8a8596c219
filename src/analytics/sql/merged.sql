-- Every key of a list over several tenants: $2 to $10 and $13 to $18 the other arguments of the function, then a plan's parts.
select
    key,
    sum(calls) as calls,
    sum(answered) as answered
from callboard_in_accounts($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $13, $14, $15, $16, $17, $18, {{parts}})
group by key
