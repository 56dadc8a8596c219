(
    select *
    from {{table}}_journal
    where tenant_id = $1
      and quarter >= (select callboard_quarter(callboard_complete_from($1)))
)
