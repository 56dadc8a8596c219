-- Leads that are done with, by campaign: in a final status, with their last attempt in the campaign's days. $2 campaigns, $3 the
-- start of the days of each, $4 their end.
select f.id, count(*) as leads
from unnest($2::bigint[], $3::timestamptz[]) as f (id, begins)
cross join lateral (
    select distinct a.lead_id
    from autocall_attempts a
    where a.tenant_id = $1 and a.campaign_id = f.id and a.started_at >= f.begins and a.started_at < $4
    offset 0
) a
join autocall_leads l on l.tenant_id = $1 and l.id = a.lead_id and not {{retryable l}}
where not exists (select from autocall_attempts later
                  where later.tenant_id = $1 and later.lead_id = a.lead_id and later.started_at >= $4)
group by f.id
