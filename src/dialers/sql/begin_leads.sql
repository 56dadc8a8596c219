-- Lets made leads in $2 begin with a call, at the instants in $3, that precedes them.
update {{leads}} as lead set created_at = told.at
from unnest($2::bigint[], $3::timestamptz[]) as told (id, at)
join dialer_leads made on made.tenant_id = $1 and made.module = '{{product}}' and made.lead_id = told.id
where lead.tenant_id = $1 and lead.id = told.id and lead.created_at > told.at
