-- Webhooks that are suspended.
select id, suspended_at
from webhooks
where tenant_id = $1 and status = 'suspended'
order by id
