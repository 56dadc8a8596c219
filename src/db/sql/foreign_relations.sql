-- Relations in a database without Callboard's migrations: those of another application. Those of extensions do not count.
select c.relname::text
from pg_class c
where c.relnamespace = 'public'::regnamespace
  and c.relkind in ('r', 'p', 'v', 'm', 'f')
  and to_regclass('public._sqlx_migrations') is null
  and not exists (
      select
      from pg_depend d
      where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e'
  )
order by c.relname
limit 4
