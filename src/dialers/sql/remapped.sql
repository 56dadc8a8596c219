-- Work is done, unless somebody has let it begin again meanwhile.
delete from dialer_remaps where tenant_id = $1 and vocabulary = $2 and name = $3 and requested_at = $4
