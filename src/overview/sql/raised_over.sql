-- Forgets raised warnings that have ended: $2 their keys.
delete from warnings_raised r
using jsonb_to_recordset($2::jsonb) as w (module text, code text, campaign_id bigint, subject text)
where r.tenant_id = $1 and r.module = w.module and r.code = w.code and r.campaign_id = w.campaign_id and r.subject = w.subject
