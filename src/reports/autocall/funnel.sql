-- Leads that came at least so far, each counted once. $2 campaign, $3 to $9 the plan of all time before the
-- window's end, $10 to $19 the links of the window.
select (select coalesce(sum(leads), 0)
        from rolled_autocall_lead_totals($1, 0::smallint, $2, '{0}', $3, $4, $5, $6, $7, $8, $9)) as imported,
       dialed, answered, pressed, handed_over, disposed
from rolled_autocall_leads($1, 0::smallint, $2, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)
