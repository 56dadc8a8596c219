-- Dials, abandoned ones and answers of a window. $2 from, $3 to, $4 campaign or null, $5 sources of leads.
select count(*) as dials,
       count(*) filter (where result = 'abandoned') as abandoned,
       count(*) filter (where callboard_is_answer(result)) as answers
from callboard_calls($1, $2, $3, $4, null) c
where callboard_is_dial(result) and {{lead_from_source c $5}}
