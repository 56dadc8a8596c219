-- Modules with anything to do, and whether anything of them is stale.
select module, stale
from (
    {{modules}}
) modules
where stale or pending
