-- Webhook $2 at $3, paused after its last delivery.
update webhooks
set
    status = 'paused',
    last_success_at = $3,
    last_failure_at = $3,
    last_error = 'The receiver answered 503.'
where tenant_id = $1 and id = $2
