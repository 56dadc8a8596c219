-- Columns of a media file as clients see it; r is its row.
r.id,
callboard_short(r.name) as name,
r.url,
r.duration_sec,
r.file_size,
r.created_at
