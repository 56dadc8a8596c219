-- The first and the last attempt in a window, of the whole tenant or of the campaigns with a template: $2 and $3 the window,
-- $4 the template or null.
select min(first) as first, max(last) as last
from (
    select (select a.started_at from autocall_attempts a
            where a.tenant_id = $1 and a.started_at >= $2 and a.started_at < $3 order by a.started_at limit 1),
           (select a.started_at from autocall_attempts a
            where a.tenant_id = $1 and a.started_at >= $2 and a.started_at < $3 order by a.started_at desc limit 1)
    where $4::text is null
    union all
    select (select a.started_at from autocall_attempts a
            where a.tenant_id = $1 and a.campaign_id = c.id and a.started_at >= $2 and a.started_at < $3
            order by a.started_at limit 1),
           (select a.started_at from autocall_attempts a
            where a.tenant_id = $1 and a.campaign_id = c.id and a.started_at >= $2 and a.started_at < $3
            order by a.started_at desc limit 1)
    from unnest(callboard_playing($1, $4)) c (id)
) as ends (first, last)
