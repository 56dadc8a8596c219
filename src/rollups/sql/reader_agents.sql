cross join (
    -- The largest id has no successor, so its range is open.
    select range_agg(int8range(id, case when id < 9223372036854775807 then id + 1 end)) as ids
    from unnest({{:agents}}) as agent (id)
) wanted
