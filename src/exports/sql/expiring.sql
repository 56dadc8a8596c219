select distinct tenant_id
from exports
where status = 'ready'
  and expires_at <= $1
order by tenant_id
