-- The oldest record after $2, up to $3.
select id, source, door, received_at, body
from dialer_quarantine
where tenant_id = $1 and id > $2 and id <= $3
order by id
limit 1
