-- Deletes the copied stale marks of module $2, unless tables of versions before editions are there.
delete from public.rollup_stale
where tenant_id = $1
  and module = $2
  and not exists (select from rollup_editions where schema_name = 'public')
