-- Record $2.
select id, source, door, received_at, body
from dialer_quarantine
where tenant_id = $1 and id = $2
