-- A campaign with its limit. $2 its id.
select
    callboard_short(name) as name,
    status,
    abandon_rate_limit_pct
from telesales_campaigns
where tenant_id = $1 and id = $2
