-- Raises warnings: $2 with the members of a row, $3 now.
insert into warnings_raised (tenant_id, module, code, campaign_id, subject, data, raised_at)
select $1, w.module, w.code, w.campaign_id, w.subject, w.data, $3
from jsonb_to_recordset($2::jsonb) as w (module text, code text, campaign_id bigint, subject text, data jsonb)
on conflict (tenant_id, module, code, campaign_id, subject) do nothing
