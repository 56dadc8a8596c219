-- Keeps an answer, in place of an expired one. $2 method, $3 path, $4 key, $5 digest of the body, $6 status, $7 body of the
-- answer, $8 now.
insert into idempotency_keys (
    tenant_id,
    method,
    path,
    key,
    body_digest,
    status,
    answer,
    created_at
)
values ($1, $2, $3, $4, $5, $6, $7, $8)
on conflict (tenant_id, method, path, key) do update
set body_digest = excluded.body_digest,
    status = excluded.status,
    answer = excluded.answer,
    created_at = excluded.created_at
