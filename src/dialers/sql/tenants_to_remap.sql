select distinct tenant_id from dialer_remaps order by tenant_id
