-- Leads that links do not know completely: the stages of their changed hours and ragged ends before and after the changes,
-- and the changed hours.
select lead_id,
       coalesce(bit_or(before), 0) as before,
       coalesce(bit_or(after), 0) as after,
       coalesce(array_agg(hour) filter (where hour is not null), '{}') as hours
from (
    select lead_id, null::integer as hour, null::smallint as before, stages as after
    from (
        {{ends}}
    ) ends
    union all
    select lead_id,
           hour,
           bit_or(stages) filter (where before > 0),
           bit_or(stages) filter (where after > 0)
    from (
        select lead_id,
               hour,
               stages,
               sum(n) filter (where is_stored) as before,
               sum(n) as after
        from (
            select *, false as is_stored
            from changed
            union all
            select h.lead_id, h.hour, t.stages, t.n, true
            from (select distinct lead_id, hour from changed) h
            cross join lateral (
                select t.stages, t.n
                from {{name}}_trail t
                where t.tenant_id = $1
                  and t.lead_id = h.lead_id
                  and t.hour = h.hour
                  and {{in_scope}}
                offset 0
            ) t
        ) parts
        group by 1, 2, 3
    ) rows
    group by 1, 2
) parts
group by lead_id
