-- Accounts with records in quarantine, in order.
select t.id
from tenants t
cross join lateral (select from dialer_quarantine q where q.tenant_id = t.id limit 1) q
order by t.id
