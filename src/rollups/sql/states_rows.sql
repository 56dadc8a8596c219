(
    select 1 as weight,
           callboard_quarter(l.created_at) as quarter,
           l.*
    from autocall_lead_trail l
    where {{conditions}}
)
