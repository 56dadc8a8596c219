-- Columns of a record as clients see it; r is its row.
r.id,
r.source,
r.reason,
r.received_at,
r.size
