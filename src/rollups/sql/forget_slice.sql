-- Deletes the entries of a slice, from the second $2 on, before $3: its rows contain them.
delete from {{journal}}
where tenant_id = $1
  and quarter >= callboard_quarter(to_timestamp($2))
  and quarter <= callboard_quarter(to_timestamp($3) - interval '1 microsecond')
