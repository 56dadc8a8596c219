-- The calls in $3 that are stored.
select id, module, campaign_id, lead_id, agent_id, attempt_number from dialer_calls
where tenant_id = $1 and source = $2 and id = any ($3)
