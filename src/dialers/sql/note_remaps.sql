-- Notes work to do: endings whose result has changed, or what a changed routing leaves: $2 vocabularies and $3 names, row by row;
-- $4 now. What is under way begins again, and knows it by another instant.
insert into dialer_remaps as known (tenant_id, vocabulary, name, requested_at)
select $1, vocabulary, name, $4
from unnest($2::text[], $3::text[]) as given (vocabulary, name)
on conflict (tenant_id, vocabulary, name) do update
set requested_at = greatest(excluded.requested_at, known.requested_at + interval '1 microsecond'), done_source = '', done_id = ''
