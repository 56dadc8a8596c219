-- Keeps a record: $2 id, $3 source, $4 door, $5 reason, $6 now, $7 size, $8 body.
insert into dialer_quarantine (tenant_id, id, source, door, reason, received_at, size, body)
values ($1, $2, $3, $4, $5, $6, $7, $8)
