-- Records edition $1, whose schema is the first of the search path, with its last stale mark.
insert into rollup_editions (
    schema_name,
    marked_to
)
select $1, coalesce(max(id), 0)
from rollup_stale
