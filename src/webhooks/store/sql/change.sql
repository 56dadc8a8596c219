-- Changes webhook $2: $3 URL, $4 events, $5 description, $6 status, $7 time. One that becomes active counts its failures
-- from zero.
update webhooks
set
    url = $3,
    events = $4,
    description = $5,
    status = $6,
    updated_at = $7,
    suspended_at = case when $6 = 'suspended' then suspended_at end,
    failures_in_a_row = case when $6 = 'active' and status <> 'active' then 0 else failures_in_a_row end,
    failing_since = case when $6 = 'active' and status <> 'active' then null else failing_since end
where tenant_id = $1 and id = $2
