-- Filters of a list; r is the row. $2 part of the name or the user name or null, $3 team or null, $4 ids or null.
($2::text is null
 or strpos(callboard_unmarked(r.name), (select callboard_unmarked($2))) > 0
 or strpos(callboard_unmarked(r.username), (select callboard_unmarked($2))) > 0)
and ($3::text is null or r.team_id = $3::bigint)
and ($4::text is null or r.id = any (string_to_array($4, ',')::bigint[]))
