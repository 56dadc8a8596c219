-- Editions other than the one in the search path that no server has used since $1.
select schema_name
from rollup_editions
where used_at < $1
  and schema_name <> current_schema()
order by schema_name
