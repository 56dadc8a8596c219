-- Writes a delivery to webhook $2, whatever it subscribes to: $3 event, $4 data, $5 now. No row if there is no such webhook.
insert into webhook_deliveries (tenant_id, id, webhook_id, event, data, created_at, next_attempt_at)
select w.tenant_id, callboard_delivery_id($5, 1), w.id, $3, $4, $5, $5
from webhooks w
where w.tenant_id = $1 and w.id = $2
