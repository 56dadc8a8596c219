-- The newest failed login beyond the limit $2.
select id
from audit_log
where tenant_id = $1 and event = 'login_failed'
order by id desc
offset $2
limit 1
