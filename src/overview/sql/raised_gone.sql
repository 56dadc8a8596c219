-- Says of raised warnings since when they are away: $2 their keys, $3 that time, or null if they hold again.
update warnings_raised r
set gone_since = $3
from jsonb_to_recordset($2::jsonb) as w (module text, code text, campaign_id bigint, subject text)
where r.tenant_id = $1 and r.module = w.module and r.code = w.code and r.campaign_id = w.campaign_id and r.subject = w.subject
