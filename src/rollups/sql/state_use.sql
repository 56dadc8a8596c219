-- States at $1 that this server uses the edition in its search path, and for each edition updated whether it is that one. As
-- long as that edition is not built, its reports read older ones, so they are in use too; so are an edition that a
-- server has just started with, and the tables of versions before editions while one of their sessions is connected.
update rollup_editions e
set used_at = greatest(e.used_at, $1)
where e.schema_name = current_schema()
   or e.used_at is null
   or exists (
       select from rollup_stale s
       where s.id <= (select own.marked_to from rollup_editions own where own.schema_name = current_schema())
   )
   or e.schema_name = 'public' and exists (
       select from pg_stat_activity a
       where a.datname = current_database() and a.application_name = 'callboard'
   )
returning e.schema_name = current_schema()
