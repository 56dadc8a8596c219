-- Gives the legs of calls in $3 to those in $4.
update dialer_legs as leg set call = moved.new
from unnest($3::text[], $4::text[]) as moved (old, new)
where leg.tenant_id = $1 and leg.source = $2 and leg.call = moved.old
