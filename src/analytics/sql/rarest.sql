-- The rarest of the terms of a payload $2, and how many leads have it. To find out which it is it is enough to count so
-- far. No row where the payload has no term.
select w.term,
       (select count(*) from (select from autocall_lead_terms t
                              where t.tenant_id = $1 and t.term = w.term limit 10000) few) as leads
from callboard_terms($2) w (term)
order by leads
limit 1
