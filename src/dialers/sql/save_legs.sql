-- Stores legs as the records that know most of them tell them. What a record said may be gone; it does not come back empty.
insert into dialer_legs (tenant_id, source, key, call, leg, fields, received_at)
select $1, $2, key, call, leg::jsonb, fields::jsonb, $7
from unnest($3::text[], $4::text[], $5::text[], $6::text[]) as told (key, call, leg, fields)
order by key
on conflict (tenant_id, source, key) do update
set call = excluded.call, leg = excluded.leg, fields = excluded.fields
