-- The shortest and the longest answered attempt in a window with few of them, of the whole tenant or of the campaigns with a
-- template: $2 and $3 the window, $4 the template or null.
select min(billsec) as shortest, max(billsec) as longest
from (
    select a.billsec from autocall_attempts a
    where $4::text is null
      and a.tenant_id = $1 and a.started_at >= $2 and a.started_at < $3 and a.result = 'answered'
    union all
    select a.billsec from unnest(callboard_playing($1, $4)) c (id)
    cross join lateral (select a.billsec from autocall_attempts a
                        where a.tenant_id = $1 and a.campaign_id = c.id and a.started_at >= $2 and a.started_at < $3
                          and a.result = 'answered'
                        offset 0) a
) answered
