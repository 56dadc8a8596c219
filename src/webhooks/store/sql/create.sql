-- Adds webhook $2: $3 URL, $4 events, $5 description, $6 encrypted secret, $7 time.
insert into webhooks (tenant_id, id, url, events, description, secret, created_at, updated_at)
values ($1, $2, $3, $4, $5, $6, $7, $7)
