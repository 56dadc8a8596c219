-- The end of the slice that begins at the second $2, and its number of calls: as many whole days as have at most $3 calls, or
-- one with more. It has no end if no more calls follow; instants beyond the last quarter are in that one.
with near as (
    select {{at}} as at
    from {{table}}
    where tenant_id = $1
      and {{at}} >= to_timestamp($2)
    order by {{at}}
    limit 1
), far as (
    select {{at}} as at
    from {{table}}
    where tenant_id = $1
      and {{at}} >= to_timestamp($2)
    order by {{at}}
    offset $3
    limit 1
), ends as (
    select greatest(
               callboard_bucket(callboard_quarter(far.at), 96),
               callboard_bucket(callboard_quarter(near.at), 96) + 1
           ) as day
    from near
    cross join far
), slice as (
    select max(day) filter (where day <= callboard_bucket(callboard_quarter('infinity'), 96)) as day
    from ends
)
select
    slice.day,
    (
        select count(*)
        from {{table}}
        where tenant_id = $1
          and {{at}} >= to_timestamp($2)
          and {{at}} <= to_timestamp(coalesce(slice.day * 86400.0, 'infinity')::float8) - interval '1 microsecond'
    ) as calls
from slice
