-- The day of the tenant's cut, if it has one, and the number of calls from it on.
select
    cut.day,
    (
        select count(*)
        from {{table}}
        where tenant_id = $1
          and {{at}} >= callboard_complete_from($1)
    ) as calls
from (
    select case when complete_from is not null then callboard_bucket(callboard_quarter(complete_from), 96) end as day
    from tenants
    where id = $1
) cut
