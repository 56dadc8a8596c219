-- Attempts of the matching leads that match the other filters (src/analytics/filter.rs), with what a key needs joined to
-- them.
from (
    {{leads}}
) m
join autocall_attempts a on a.lead_id = m.id
{{joined}}
where a.tenant_id = $1
  and {{conditions}}
