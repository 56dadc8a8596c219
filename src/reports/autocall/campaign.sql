-- Start of campaigns, and whether their roll-ups can be trusted; no row for a campaign that the tenant does not have. $2 ids.
select c.id,
       callboard_short(c.name) as name,
       callboard_told(c.started_at) as started_at,
       (select min(a.started_at) from autocall_attempts a
        where a.tenant_id = $1 and a.campaign_id = c.id
          and a.started_at >= greatest(kept.complete_from, '0001-01-01 00:00:00+00') and a.started_at < '10000-01-01 00:00:00+00') as first_attempt_at,
       case when kept.complete_from > '-infinity' then
           (select to_timestamp(min(t.bucket) * 900.0) from autocall_totals t
            where t.tenant_id = $1 and t.scope = {{scope campaign}} and t.campaign_id = c.id and t.agent_id = 0 and t.width = 1
              and t.bucket < callboard_quarter(kept.complete_from) and t.dialed <> 0)
       end as first_kept_at,
       callboard_told(c.created_at) as created_at,
       {{trusted autocall n.campaign_id = c.id or n.script_id = c.script_id}} as trusted
from autocall_campaigns c
cross join (select {{complete_from}} as complete_from offset 0) kept
where c.tenant_id = $1 and c.id = any ($2)
