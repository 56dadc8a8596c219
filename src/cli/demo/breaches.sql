-- Records breaches until $2 as the check that runs every minute would have: hourly in last week's days with excess abandoned
-- calls, and as often as the check records one in the last day and a half. The campaigns are younger than the check's window.
with checks as (
    select at from generate_series($2 - interval '9 days', $2 - interval '7 days', interval '1 hour') at
    union all
    select at from generate_series($2 - interval '36 hours', $2, interval '16 minutes') at
)
insert into abandon_breaches (
    tenant_id, campaign_id, attempts_total, attempts_abandoned, window_minutes, window_from, window_to, campaign_name,
    limit_pct, detected_at
)
select $1, t.id, c.dials, c.abandoned, 43200, checks.at - interval '30 days', checks.at, t.name, t.abandon_rate_limit_pct,
       checks.at
from telesales_campaigns t
cross join checks
cross join lateral (
    select count(*) as dials, count(*) filter (where result = 'abandoned') as abandoned
    from telesales_calls
    where tenant_id = $1 and campaign_id = t.id and started_at < checks.at and result <> 'blocked'
) c
where t.tenant_id = $1 and t.status = 'active' and t.created_at > $2 - interval '15 days'
  and 100 * c.abandoned > t.abandon_rate_limit_pct * c.dials
