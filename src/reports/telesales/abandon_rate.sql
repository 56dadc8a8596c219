-- Dials, abandoned ones and answers of a window. $2 campaign, $3 sources of leads; the plan of the window.
select coalesce(sum(dials), 0) as dials,
       coalesce(sum(abandoned), 0) as abandoned,
       coalesce(sum(answers), 0) as answers
from {{rolled telesales_totals scope=asked campaign=$2 sources=$3}} r
