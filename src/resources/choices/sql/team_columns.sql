-- Columns of a team as clients see it; r is its row.
r.id,
callboard_short(r.name) as name
