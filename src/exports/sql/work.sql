-- The work of job $2, held by claim $3.
select campaign_id, report_type, format, window_from, window_to, timezone, rows_expected, tries
from exports
where tenant_id = $1 and id = $2 and claim = $3
