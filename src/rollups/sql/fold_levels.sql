bare
cross join (values
    {{levels}}
) as level (scope, width)
