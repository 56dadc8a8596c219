-- Drops the functions that another version read roll-ups through.
do $$
    declare
        made record;
    begin
        for made in
            select p.oid::regprocedure as name from pg_proc p
            where obj_description(p.oid, 'pg_proc') = 'callboard reader'
        loop
            execute format('drop function %s cascade', made.name);
        end loop;
    end $$
