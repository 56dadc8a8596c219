-- Progress of leads, of the tenant or of the campaigns with a template: $2 scope, $3 the template or null; the
-- plan of the window they were created in.
select r.*
from (
    select coalesce(case when $3::text is not null then callboard_playing($1, $3) end, '{0}') as ids
    offset 0
) played
cross join lateral {{rolled autocall_lead_states scope=$2 campaigns=played.ids}} r
