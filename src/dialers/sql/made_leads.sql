-- Remembers that the leads in $3 were made from called numbers.
insert into dialer_leads (tenant_id, module, lead_id) select $1, $2, unnest($3::bigint[])
on conflict (tenant_id, module, lead_id) do nothing
