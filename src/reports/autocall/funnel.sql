-- Distinct leads by stage. $2 campaign; the plan of all time before the window's end, then the links of the window.
select (select coalesce(sum(leads), 0)
        from {{rolled autocall_lead_totals scope=campaign campaign=$2}} r) as imported,
       dialed, answered, pressed, handed_over, disposed
from {{rolled autocall_leads scope=campaign campaign=$2}} r
