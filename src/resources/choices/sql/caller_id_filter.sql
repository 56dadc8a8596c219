-- Filters of a list; r is the row. $2 part of the number or the name or null.
($2::text is null
 or strpos(callboard_unmarked(r.cid), (select callboard_unmarked($2))) > 0
 or strpos(callboard_unmarked(r.display_name), (select callboard_unmarked($2))) > 0)
