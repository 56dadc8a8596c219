-- The leads of many rows.
left join (
    select l.{{id}} as id, {{of_lead}} as {{name}}
    from {{leads}} l
    where l.tenant_id = $1
) lead on lead.id = r.{{lead}}
