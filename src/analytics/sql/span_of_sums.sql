-- The starts of the first and of the last quarter hour with attempts in a window, as far as there are only sums: of the whole
-- tenant or of the campaigns with a template. $2 scope, $3 the template or null, $4 and $5 the window.
select to_timestamp(min(t.first) * 900.0) as first, to_timestamp(max(t.last) * 900.0) as last
from unnest(coalesce(case when $3::text is not null then callboard_playing($1, $3) end, '{0}')) c (id)
cross join lateral (
    select min(t.bucket) as first, max(t.bucket) as last
    from autocall_totals t
    where t.tenant_id = $1
      and t.scope = $2
      and t.campaign_id = c.id
      and t.agent_id = 0
      and t.width = 1
      and t.bucket >= callboard_quarter($4)
      and t.bucket < callboard_quarter(least($5, callboard_complete_from($1)))
      and t.dialed <> 0
    offset 0
) t
