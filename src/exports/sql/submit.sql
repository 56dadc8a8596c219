-- Adds a job to the queue. No row if the user has used that key before.
insert into exports (tenant_id, id, campaign_id, report_type, format, window_from, window_to, timezone, created_at,
                     created_by, idempotency_key, asked, rows_expected)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
on conflict (tenant_id, created_by, idempotency_key) do nothing
returning id
