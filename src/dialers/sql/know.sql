-- Remembers the row that was made for a name.
insert into dialer_known (tenant_id, kind, name, id) values ($1, $2, $3, $4)
on conflict (tenant_id, kind, name) do update set id = excluded.id
