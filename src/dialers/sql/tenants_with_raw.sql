select distinct tenant_id from dialer_legs where fields is not null and received_at < $1 order by tenant_id
