-- Columns of a disposition as clients see it; r is its row.
r.code,
callboard_short(r.label) as label,
r.category,
r.color,
r.is_conversion
