-- Drops the derived tables of versions before editions, with their triggers, and the functions that the first version read
-- them through: they carry a mark. Copied stale marks have no reader any more.
do $$
    declare
        made record;
    begin
        for made in
            select p.oid::regprocedure as name from pg_proc p
            where p.pronamespace = 'public'::regnamespace
              and obj_description(p.oid, 'pg_proc') in ('callboard derived', 'callboard reader')
        loop
            execute format('drop function if exists %s cascade', made.name);
        end loop;
        for made in
            select c.oid::regclass as name from pg_class c
            where c.relnamespace = 'public'::regnamespace
              and obj_description(c.oid, 'pg_class') = 'callboard derived'
        loop
            execute format('drop table %s cascade', made.name);
        end loop;
        delete from rollup_schema;
    end $$
