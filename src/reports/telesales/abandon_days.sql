-- Dials, abandoned ones, answers and blocked calls of a campaign by local day, numbered since 1970. $2 campaign; the plan of the
-- window.
select local_second / 86400 as day,
       sum(dials) as dials,
       sum(abandoned) as abandoned,
       sum(answers) as answers,
       sum(blocked) as blocked
from {{rolled telesales_totals scope=campaign campaign=$2}} r
group by 1
