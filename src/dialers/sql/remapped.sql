-- The calls of an ending are mapped anew, unless somebody changed its result again meanwhile.
delete from dialer_remaps where tenant_id = $1 and vocabulary = $2 and name = $3 and requested_at = $4
