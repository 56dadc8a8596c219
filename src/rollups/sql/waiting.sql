-- Modules with pending work, and whether any part of them is stale.
select module, stale
from (
    {{modules}}
) modules
where stale or pending
