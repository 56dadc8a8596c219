-- Editions other than the one in the search path, newest first, each with what it lacks of that one: `relation.column`, without
-- a column for a relation as a whole.
select e.schema_name,
       array(
           select own.relation || '.' || own.part
           from rollup_relations own
           where own.schema_name = current_schema()
             and not exists (
                 select from rollup_relations other
                 where other.schema_name = e.schema_name
                   and other.relation = own.relation
                   and other.part = own.part
                   and other.digest = own.digest
             )
       ) as lacking
from rollup_editions e
where e.schema_name <> current_schema()
  and exists (select from rollup_relations known where known.schema_name = e.schema_name)
order by e.installed_at desc, e.schema_name
limit 4
