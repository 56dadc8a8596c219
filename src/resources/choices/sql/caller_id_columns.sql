-- Columns of a caller ID as clients see it; r is its row.
r.cid,
callboard_short(r.display_name) as display_name,
r.carrier,
r.cli_type,
r.pool_status
