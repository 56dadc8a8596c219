-- Filters of a list; r is the row. $2 tier or null, $3 status or null.
($2::text is null or r.tier = $2)
and ($3::text is null or r.status = $3)
