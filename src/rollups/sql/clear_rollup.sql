-- Deletes the sums of a rebuild. What lies before the account's complete-from stays; the buckets that this divides are made
-- of both (kept.sql).
delete from {{rollup}}
where {{conditions}}
  and (bucket + 1) * width > (select callboard_quarter(callboard_complete_from($1)))
