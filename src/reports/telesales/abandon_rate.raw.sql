-- Dials, abandoned ones and answers of a window. $2 from, $3 to, $4 campaign or null, $5 sources of leads.
select count(*) as dials,
       count(*) filter (where result = 'abandoned') as abandoned,
       count(*) filter (where callboard_is_answer(result)) as answers
from callboard_calls($1, $2, $3, $4, null) c
left join telesales_leads l on l.tenant_id = $1 and l.id = c.lead_id
where callboard_is_dial(result) and {{from_source l $5}}
