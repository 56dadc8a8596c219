-- Leads with their first dial for a campaign in its days, by campaign. $2 campaigns, $3 the start of the days of each, $4 their end.
select f.id, count(*) as leads
from unnest($2::bigint[], $3::timestamptz[]) as f (id, begins)
cross join lateral (
    select distinct c.lead_id
    from telesales_calls c
    where c.tenant_id = $1 and c.campaign_id = f.id and c.started_at >= f.begins and c.started_at < $4
      and callboard_is_dial(c.result)
    offset 0
) c
where not exists (select from telesales_calls earlier
                  where earlier.tenant_id = $1 and earlier.lead_id = c.lead_id and earlier.campaign_id = f.id
                    and earlier.started_at < f.begins and callboard_is_dial(earlier.result))
group by f.id
