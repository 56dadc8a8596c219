(
    select *
    from {{table}}_journal
    where tenant_id = $1
)
