union all
select r.quarter::bigint * 900 + p.utc_offset,
       {{agent}},
       {{entries}}
from (select) one
{{wanted}}
cross join lateral (
    select *
    from {{moved}} r
    where {{conditions}}
    offset 0
) r
{{lead}}
cross join lateral (
    select p.utc_offset
    from unnest({{:ranges}}) as p (width, first_bucket, end_bucket, utc_offset)
    where r.quarter >= p.first_bucket::bigint * p.width
      and r.quarter < p.end_bucket::bigint * p.width
    offset 0
) p
