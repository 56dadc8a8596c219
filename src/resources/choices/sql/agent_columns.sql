-- Columns of an agent as clients see it; r is its row.
r.id,
callboard_short(r.name) as name,
callboard_short(r.username) as username,
r.team_id
