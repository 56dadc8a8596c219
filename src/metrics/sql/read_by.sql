-- Makes instance $1 the reader, unless another one is. Returns a row if it is now.
insert into metrics_reader as reader (instance, seen_at)
values ($1, now())
on conflict (is_only) do update set instance = excluded.instance, seen_at = excluded.seen_at
where reader.instance = excluded.instance or reader.seen_at < now() - interval '45 seconds'
returning true
