insert into dialer_routing (tenant_id, routing, updated_at) values ($1, $2, $3)
on conflict (tenant_id) do update set routing = excluded.routing, updated_at = excluded.updated_at
