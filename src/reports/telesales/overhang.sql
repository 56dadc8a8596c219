-- True for each edge of a window if the rest of its hour has no rows. $2 campaign or null; $3, $4 from the hour to the window's
-- start, $5, $6 from the window's end to the end of the hour.
with rest (ends_first, begins, ends) as (values (true, $3::timestamptz, $4::timestamptz), (false, $5, $6)),
quiet as (
    select ends_first,
           case when $2::bigint is null
                then not exists (select from telesales_calls
                                 where tenant_id = $1 and started_at >= begins and started_at < ends)
                 and not exists (select from telesales_leads
                                 where tenant_id = $1 and created_at >= begins and created_at < ends)
                else not exists (select from telesales_calls
                                 where tenant_id = $1 and campaign_id = $2 and started_at >= begins and started_at < ends)
                 and not exists (select from telesales_leads
                                 where tenant_id = $1 and campaign_id = $2 and created_at >= begins and created_at < ends)
           end as quiet
    from rest
)
select bool_and(quiet) filter (where ends_first) as before,
       bool_and(quiet) filter (where not ends_first) as after
from quiet
