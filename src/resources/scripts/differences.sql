-- Columns of script $2 that the columns $3 would change: name, old value, new value.
select
    after.key,
    before.value,
    after.value
from autocall_scripts r
cross join lateral jsonb_populate_record(r, $3::jsonb) as changed
cross join lateral jsonb_each(to_jsonb(changed)) as after
join lateral jsonb_each(to_jsonb(r)) as before on before.key = after.key
where r.tenant_id = $1
  and r.id = $2
  and after.value is distinct from before.value
