-- Tenants with rows to remove, one probe for each kind. $1 the oldest audit entry to keep, $2 the latest end of a session to
-- remove, $3 the oldest answer of an idempotency key to keep, $4 the number of failed logins to keep, $5 now.
select t.id
from tenants t
cross join lateral (
    (select from audit_log a where a.tenant_id = t.id and a.at < $1 limit 1)
    union all
    (select from sessions s where s.tenant_id = t.id and ({{ended}}) limit 1)
    union all
    (select from idempotency_keys k where k.tenant_id = t.id and k.created_at < $3 limit 1)
    union all
    (select from sign_in_links l where l.tenant_id = t.id and l.expires_at < $5 limit 1)
    union all
    (select from audit_log a where a.tenant_id = t.id and a.event = 'login_failed' order by a.id desc offset $4 limit 1)
    limit 1
) removed
order by t.id
