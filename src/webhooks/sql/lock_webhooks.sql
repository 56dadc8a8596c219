-- The tenant's webhooks, locked in order: two instances take turns at a tenant.
select
    id,
    url,
    status,
    secret,
    old_secret,
    old_secret_until
from webhooks
where tenant_id = $1
order by id
for no key update
