(
    select bare.*, level.*
    from bare
    cross join (values
        {{levels}}
    ) as level (scope, width)
    union all
    select fine.*, level.*
    from fine
    cross join (values
        {{levels_by_agent}}
    ) as level (scope, width)
    where agent_id is not null
) rows
