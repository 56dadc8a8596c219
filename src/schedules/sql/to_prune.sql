-- Accounts with runs, in order.
select t.id
from tenants t
cross join lateral (select from schedule_runs r where r.tenant_id = t.id limit 1) r
order by t.id
