-- Webhook $2, for a try.
select
    id,
    url,
    status,
    secret,
    old_secret,
    old_secret_until
from webhooks
where tenant_id = $1 and id = $2
