-- Filters of a list; r is the row. $2 part of the name or null.
($2::text is null or strpos(callboard_unmarked(r.name), (select callboard_unmarked($2))) > 0)
