-- Lets made leads in $2 begin with the earliest of their calls.
update {{leads}} as lead set created_at = earliest.at
from (
    select call.lead_id, min(call.started_at) as at
    from {{calls}} call
    join dialer_leads made on made.tenant_id = $1 and made.module = '{{product}}' and made.lead_id = call.lead_id
    where call.tenant_id = $1 and call.lead_id = any ($2)
    group by call.lead_id
) as earliest
where lead.tenant_id = $1 and lead.id = earliest.lead_id and lead.created_at < earliest.at
