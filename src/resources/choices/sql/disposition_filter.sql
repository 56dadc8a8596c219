-- Filters of a list; r is the row. $2 part of the label or the code or null.
($2::text is null
 or strpos(callboard_unmarked(r.label), (select callboard_unmarked($2))) > 0
 or strpos(callboard_unmarked(r.code), (select callboard_unmarked($2))) > 0)
