-- Accounts with endings whose calls wait to be mapped anew.
select t.id
from tenants t
cross join lateral (select from dialer_remaps remap where remap.tenant_id = t.id limit 1) as waiting
order by t.id
