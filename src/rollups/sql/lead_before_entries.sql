-- The leads of many rows as they were before the entries of their journal.
left join (
    select l.{{id}} as id, {{of_lead}} as {{name}}
    from {{leads}} l
    where l.tenant_id = $1
) present on present.id = r.{{lead}}
left join (
    select id, max({{name}}) filter (where n > 0) as {{name}}
    from (
        select id, {{name}}, sum(n) as n
        from (
            select l.{{id}} as id, {{of_lead}} as {{name}}, -l.weight as n
            from {{leads}}_journal l
            where l.tenant_id = $1
            union all
            select l.{{id}}, {{of_lead}}, 1
            from (select distinct {{id}} from {{leads}}_journal where tenant_id = $1) changed
            cross join lateral (
                select *
                from {{leads}} l
                where l.tenant_id = $1
                  and l.{{id}} = changed.{{id}}
                offset 0
            ) l
        ) versions
        group by id, {{name}}
    ) leads
    group by id
) before on before.id = r.{{lead}}
cross join lateral (
    select case when before.id is null then present.{{name}} else before.{{name}} end as {{name}}
) lead
