union all
select r.quarter::bigint * 900 + p.utc_offset,
       {{agent}},
       {{entries}}
from (select) one
{{wanted}}
cross join lateral (
    select *
    from {{table}}_journal r
    where r.tenant_id = $1
      and r.quarter >= {{:rows_from}}
      and {{conditions}}
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
union all
select callboard_local_second(r.{{at}}, p.utc_offset),
       {{agent}},
       {{rows}}
from unnest({{:ragged}}) as p (begins, ends, utc_offset)
{{wanted}}
cross join lateral (
    select *
    from {{table}} r
    where r.tenant_id = $1
      and r.{{at}} >= p.begins
      and r.{{at}} < p.ends
      and {{conditions}}
    offset 0
) r
{{lead}}
