-- Warnings that were raised and have not ended.
select module, code, campaign_id, subject, gone_since
from warnings_raised
where tenant_id = $1
