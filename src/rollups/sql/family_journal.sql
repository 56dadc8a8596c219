(
    select *
    from {{table}}_journal
    where tenant_id = $1
      and nullif(quarter >= (select callboard_quarter(callboard_complete_from($1))), false) is not null
)
