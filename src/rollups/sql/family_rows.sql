(
    select tenant_id,
           1 as weight,
           callboard_quarter({{at}}) as quarter,
           {{columns}}
    from {{table}}
    where {{conditions}}
)
