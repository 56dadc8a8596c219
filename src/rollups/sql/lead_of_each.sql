-- The lead of each row, one by one.
left join lateral (
    select {{of_lead}} as {{name}}
    from {{leads}} l
    where l.tenant_id = $1
      and l.{{id}} = r.{{lead}}
    offset 0
) lead on true
