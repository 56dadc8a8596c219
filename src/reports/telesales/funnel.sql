-- Leads that came at least so far, each counted once. $2 scope, $3 campaign, $4 to $10 the plan of all time
-- before the window's end, $11 to $20 the links of the window.
select (select coalesce(sum(leads), 0)
        from rolled_telesales_lead_totals($1, $2, $3, '{0}', $4, $5, $6, $7, $8, $9, $10)) as leads,
       dialed, connected, talked, disposed, converted
from rolled_telesales_leads($1, $2, $3, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)
