-- Distinct leads by stage. $2 scope, $3 campaign; the plan of all time before the window's end, then the links of the window.
select (select coalesce(sum(leads), 0)
        from {{rolled telesales_lead_totals scope=$2 campaign=$3}} r) as leads,
       dialed, connected, talked, disposed, converted
from {{rolled telesales_leads scope=$2 campaign=$3}} r
