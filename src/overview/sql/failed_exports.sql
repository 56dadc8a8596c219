-- Exports that failed and were not made again since. $2 true for those of campaigns, false for lists of Telesales calls; $3 the
-- earliest end.
select e.id, e.campaign_id, e.report_type, e.completed_at as at
from exports e
where e.tenant_id = $1 and e.status = 'failed' and (e.campaign_id is not null) = $2 and e.completed_at >= $3
  and not exists (select from exports later
                  where later.tenant_id = $1 and later.campaign_id is not distinct from e.campaign_id
                    and later.report_type = e.report_type and later.status = 'ready' and later.created_at > e.created_at)
order by e.completed_at desc
limit 100
