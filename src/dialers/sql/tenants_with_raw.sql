-- Accounts with records from before $1 that are not empty.
select t.id
from tenants t
cross join lateral (
    select from dialer_legs leg
    where leg.tenant_id = t.id and leg.fields is not null and leg.received_at < $1
    limit 1
) as old
order by t.id
