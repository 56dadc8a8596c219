select coalesce(
    (
        select n
        from (
            select case when s ~ '^[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)$' then s::numeric end
            from (
                select replace(settings ->> 'short_call_sec', '_', '')
                from tenants
                where id = $1
            ) setting (s)
        ) read (n)
        where n between 0 and 3600
    ),
    {{default}}
)
