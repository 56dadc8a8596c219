-- Tenants with an active webhook that subscribes to warnings, or with warnings that were raised; $1 the event.
select tenant_id from webhooks where status = 'active' and callboard_subscribes(events, $1)
union
select tenant_id from warnings_raised
order by 1
