-- The order of export $2.
select campaign_id, report_type, format, window_from, window_to, timezone, asked
from exports
where tenant_id = $1 and id = $2
