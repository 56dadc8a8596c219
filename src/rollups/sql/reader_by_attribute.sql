-- Those of the leads with one of the asked values.
select r.*
from (
    {{reader}}
) r
where r.{{name}} = any ({{:sources}})
