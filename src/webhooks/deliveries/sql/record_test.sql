-- Records a test of webhook $2 that is over: $3 id, $4 event, $5 data, $6 time, $7 status, $8 status and $9 body of the
-- answer, $10 error, $11 time of the answer.
insert into webhook_deliveries (
    tenant_id, id, webhook_id, event, data, created_at, status, attempts, planned_tries, first_attempt_at, is_answered,
    response_status, response_body, error, delivered_at
)
values ($1, $3, $2, $4, $5, $6, $7, 1, 1, $6, true, $8, $9, $10, case when $7 = 'delivered' then $11::timestamptz end)
