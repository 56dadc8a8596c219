-- Advances the counter of ids by $2, and returns the first of them.
insert into next_ids (tenant_id, id)
values ($1, 1099511627776 + $2)
on conflict (tenant_id) do update
set id = next_ids.id + $2
returning id - $2
