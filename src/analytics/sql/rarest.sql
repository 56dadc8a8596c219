-- The rarest term of payload $2 and the number of its leads, counted up to a limit that is enough to compare. No row if the
-- payload has no term.
select w.term,
       (select count(*) from (select from autocall_lead_terms t
                              where t.tenant_id = $1 and t.term = w.term limit 10000) few) as leads
from callboard_terms($2) w (term)
order by leads
limit 1
