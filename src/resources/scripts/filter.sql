-- Filters of a list; r is the row. $2 part of the name or null, $3 status or null.
($2::text is null or strpos(callboard_folded(r.name), callboard_folded($2)) > 0)
and ($3::text is null or r.status = $3)
