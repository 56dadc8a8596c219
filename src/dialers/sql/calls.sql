-- The calls in $3 that are stored.
select id, module, ignored, campaign_id, lead_id, agent_id, attempt_number, unrouted from dialer_calls
where tenant_id = $1 and source = $2 and id = any ($3)
