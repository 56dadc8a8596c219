-- Dials, abandoned ones and answers of a window. $2 scope, $3 campaign, $4 agents, $5 to $11 the plan of the window.
select coalesce(sum(dials), 0) as dials,
       coalesce(sum(abandoned), 0) as abandoned,
       coalesce(sum(answers), 0) as answers
from rolled_telesales_totals($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
