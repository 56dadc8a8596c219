insert into {{table}}_journal (
    tenant_id,
    weight,
    quarter,
    {{columns}}
)
select tenant_id,
       1,
       callboard_quarter({{at}}),
       {{columns}}
from new_rows
