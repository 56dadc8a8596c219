-- Stores the calls that names stand for.
insert into dialer_names as known (tenant_id, source, name, call)
select $1, $2, name, call from unnest($3::text[], $4::text[]) as told (name, call)
order by name
on conflict (tenant_id, source, name) do update set call = excluded.call
where known.call <> excluded.call
