-- Keeps a link. $2 its digest, $3 its user, $4 now, $5 its expiry.
insert into sign_in_links (tenant_id, digest, user_id, created_at, expires_at)
values ($1, $2, $3, $4, $5)
