-- Gives the names of calls in $3 to those in $4.
update dialer_names as known set call = moved.new
from unnest($3::text[], $4::text[]) as moved (old, new)
where known.tenant_id = $1 and known.source = $2 and known.call = moved.old
