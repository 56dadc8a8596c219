-- Notes endings whose result has changed: $2 vocabularies and $3 names, row by row; $4 now.
insert into dialer_remaps (tenant_id, vocabulary, name, requested_at)
select $1, vocabulary, name, $4
from unnest($2::text[], $3::text[]) as given (vocabulary, name)
on conflict (tenant_id, vocabulary, name) do update
set requested_at = excluded.requested_at
