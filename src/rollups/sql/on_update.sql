-- Columns that an update leaves as they were cancel out.
insert into {{table}}_journal (
    tenant_id,
    weight,
    quarter,
    {{columns}}
)
select tenant_id,
       sum(weight)::integer,
       quarter,
       {{columns}}
from (
    select tenant_id,
           -1 as weight,
           callboard_quarter({{at}}) as quarter,
           {{columns}}
    from old_rows
    union all
    select tenant_id,
           1,
           callboard_quarter({{at}}),
           {{columns}}
    from new_rows
) changes
group by tenant_id,
         quarter,
         {{columns}}
having sum(weight) <> 0
