(
    with recursive entries (tenant_id) as (
        (select tenant_id from {{table}} order by tenant_id limit 1)
        union all
        select (select later.tenant_id
                from {{table}} later
                where later.tenant_id > entries.tenant_id
                order by later.tenant_id
                limit 1)
        from entries
        where entries.tenant_id is not null
    )
    select tenant_id from entries where tenant_id is not null
)
