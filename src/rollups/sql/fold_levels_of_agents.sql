fine
cross join (values
    {{levels_by_agent}}
) as level (scope, width)
where agent_id is not null
