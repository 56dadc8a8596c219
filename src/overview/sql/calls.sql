-- Campaigns with their calls by period: those that are active or paused, and those with a call in the last days. $2 starts of
-- periods, in seconds since 1970, ascending; $3 now, $4 start of the last days, $5 campaign or null; the plan of the
-- periods.
select campaign.id,
       callboard_short(campaign.name) as name,
       campaign.status,
       (select max(started_at) from {{calls}}
        where tenant_id = $1 and campaign_id = campaign.id and started_at <= $3
          and started_at >= '1980-01-01 00:00:00+00') as last_call_at,
       sums.periods, sums.dials, sums.answers, sums.in_progress
from {{campaigns}} campaign
cross join lateral (
    select coalesce(array_agg(q.period), '{}') as periods,
           coalesce(array_agg(q.dials), '{}') as dials,
           coalesce(array_agg(q.answers), '{}') as answers,
           coalesce(array_agg(q.in_progress), '{}') as in_progress
    from (
        select width_bucket(r.local_second, $2::bigint[]) as period,
               sum({{dials}}) as dials,
               sum({{answers}}) as answers,
               sum({{in_progress}}) as in_progress
        from {{totals}} r
        group by 1
    ) q
) sums
where campaign.tenant_id = $1 and ($5::bigint is null or campaign.id = $5)
  and (campaign.status in ('active', 'paused')
       or exists (select from {{calls}}
                  where tenant_id = $1 and campaign_id = campaign.id and started_at >= $4 and started_at <= $3))
order by campaign.id desc
limit 10000
