-- When a campaign began; no row where the account has no such campaign.
select c.started_at,
       (select min(a.started_at) from autocall_attempts a
        where a.tenant_id = $1 and a.campaign_id = c.id) as first_attempt_at,
       c.created_at
from autocall_campaigns c
where c.tenant_id = $1 and c.id = $2
