-- Progress of the leads of a tenant, or of those asked for. $11 and $12 the window of creation, $13 a template; each may be
-- null.
with
{{asked}}
leads as (
    select
        l.id,
        l.status
    from {{leads}}
    where l.tenant_id = $1
      and ($11::timestamptz is null or l.created_at >= $11)
      and ($12::timestamptz is null or l.created_at < $12)
      and ($13::text is null or l.campaign_id = any ((select callboard_playing($1, $13))::bigint[]))
    group by l.id, l.status -- and not "select distinct" on the ids joined, whose number the planner takes to be 200
), tried as ( -- attempts count over all time, whatever campaign they were made for
    select
        l.id,
        l.status,
        count(a.lead_id) as attempts
    from leads l
    left join autocall_attempts a on a.tenant_id = $1 and a.lead_id = l.id {{since}}
    group by l.id, l.status
), in_progress as (
    select distinct a.lead_id
    from autocall_attempts a
    where a.tenant_id = $1 and a.result is null {{since}}
)
select
    count(*) as leads,
    count(*) filter (where attempts >= 1) as tried,
    count(*) filter (where attempts >= 2) as retried,
    count(*) filter (where p.lead_id is not null) as processing,
    count(*) filter (where attempts >= 1 and p.lead_id is null and {{retryable t}}) as retry,
    count(*) filter (where attempts >= 1 and p.lead_id is null and not {{retryable t}}) as finished
from tried t
left join in_progress p on p.lead_id = t.id
