-- Columns of a voice as clients see it; r is its row.
r.id,
callboard_short(r.name) as name,
r.language,
r.gender,
r.tier,
r.status
