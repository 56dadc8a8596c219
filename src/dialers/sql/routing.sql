select routing from dialer_routing where tenant_id = $1
