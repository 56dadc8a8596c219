-- Distinct leads by stage. $2 campaign; the plan of all time before the window's end, then the links of the window.
select (select coalesce(sum(leads), 0)
        from {{rolled telesales_lead_totals scope=asked campaign=$2}} r) as leads,
       dialed, connected, talked, disposed, converted
from {{rolled telesales_leads scope=asked campaign=$2}} r
