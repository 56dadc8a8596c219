-- Segments of the window with a constant offset, joined to attempts: $11 from, $12 to, $13 offsets.
join unnest($11::timestamptz[], $12::timestamptz[], $13::integer[]) s (begins, ends, utc_offset)
  on a.started_at >= s.begins and a.started_at < s.ends
