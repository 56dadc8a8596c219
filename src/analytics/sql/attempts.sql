-- Attempts that match the filters (src/analytics/filter.rs), with what a key needs joined to them.
from autocall_attempts a
{{joined}}
where a.tenant_id = $1
  and {{conditions}}
