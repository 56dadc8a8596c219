(
    with changed as materialized (
        {{changed}}
    )
    {{versions}}
)
