-- Callboard's tables that Postgres has not counted and that are large enough for a bad plan to be felt.
select format('%I.%I', n.nspname, c.relname)
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
where c.relkind = 'r'
  and c.reltuples < 0
  and c.relowner = (select relowner from pg_class where oid = to_regclass('public._sqlx_migrations'))
  and pg_relation_size(c.oid) > 256 * 1024
order by c.oid
