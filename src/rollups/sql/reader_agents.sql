cross join (
    select range_agg(int8range(id, id, '[]')) as ids
    from unnest({{:agents}}) as agent (id)
) wanted
