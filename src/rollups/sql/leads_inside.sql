-- Links inside the whole hours. A short range is walked bucket by bucket, which finds the links that begin in it and end
-- within the window without reading the others. A long range may cover millennia with few rows: there, all links that begin
-- in it are read.
from unnest({{:rectangles}}) as q (width, first_bucket, end_bucket, later_width, later_first, later_end)
cross join lateral (
    select l.*
    from generate_series(
        q.first_bucket,
        case when q.end_bucket - q.first_bucket > 1000 then q.first_bucket else q.end_bucket end - 1
    ) as e (bucket)
    cross join lateral (
        select *
        from {{links}} l
        where l.tenant_id = $1
          and l.scope = {{:scope}}
          and l.campaign_id = {{:campaign}}
          and l.width = q.width
          and l.later_width = q.later_width
          and l.bucket = e.bucket
          and l.later_bucket >= q.later_first
          and l.later_bucket < q.later_end
        offset 0
    ) l
    union all
    select l.*
    from {{links}} l
    where q.end_bucket - q.first_bucket > 1000
      and l.tenant_id = $1
      and l.scope = {{:scope}}
      and l.campaign_id = {{:campaign}}
      and l.width = q.width
      and l.later_width = q.later_width
      and l.bucket >= q.first_bucket
      and l.bucket < q.end_bucket
      and l.later_bucket >= q.later_first
      and l.later_bucket < q.later_end
) l
