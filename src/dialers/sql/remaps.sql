select vocabulary, name, requested_at from dialer_remaps where tenant_id = $1 order by requested_at, vocabulary, name
