-- Adds overrides: $2 vocabularies, $3 names and $4 results, row by row.
insert into dialer_causes (tenant_id, vocabulary, name, result)
select $1, vocabulary, name, result
from unnest($2::text[], $3::text[], $4::text[]) as given (vocabulary, name, result)
