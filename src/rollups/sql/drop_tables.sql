-- Drops the derived objects of another catalog: its tables and trigger functions carry a mark.
do $$
    declare
        made record;
    begin
        for made in
            select p.oid::regprocedure as name from pg_proc p
            where obj_description(p.oid, 'pg_proc') = 'callboard derived'
        loop
            execute format('drop function %s cascade', made.name);
        end loop;
        for made in
            select c.oid::regclass as name from pg_class c
            where obj_description(c.oid, 'pg_class') = 'callboard derived'
        loop
            execute format('drop table %s cascade', made.name);
        end loop;
    end $$
