-- Local time as plain integers. The server works out the offsets of a zone (src/time/window.rs) and hands
-- them over with the window, so that no report depends on which time zone database Postgres was built with.

-- Seconds that a wall clock `utc_offset` seconds ahead of UTC has counted since 1970-01-01 00:00 of its own.
-- Divided by 3600 it numbers the local hours, by 86400 the local days. Numeric inside, because a double no
-- longer tells the last microsecond of a far day from the next day.
create function callboard_local_second(at timestamptz, utc_offset integer) returns bigint
    language sql stable parallel safe
    as $$ select floor(extract(epoch from at))::bigint + utc_offset $$;
