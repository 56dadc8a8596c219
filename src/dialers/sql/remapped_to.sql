-- Work has come to the call of source $5 and id $6, unless somebody has let it begin again meanwhile.
update dialer_remaps set done_source = $5, done_id = $6
where tenant_id = $1 and vocabulary = $2 and name = $3 and requested_at = $4
