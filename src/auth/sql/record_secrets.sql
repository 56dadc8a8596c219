-- Records that secrets are in use. $1 fingerprints, $2 now.
insert into server_secrets (
    fingerprint,
    seen_at
)
select
    unnest($1::text[]),
    $2
on conflict (fingerprint) do update
set seen_at = greatest(server_secrets.seen_at, excluded.seen_at)
