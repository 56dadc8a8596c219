-- The leads that have the rarest of the terms of a payload $2, and may have the others. To find out which is the rarest
-- it is enough to count so far.
with wanted as (
    select w.term,
           (select count(*) from (select from autocall_lead_terms t
                                  where t.tenant_id = $1 and t.term = w.term limit 10000) few) as leads
    from callboard_terms($2) w (term)
)
select t.lead_id
from autocall_lead_terms t
where t.tenant_id = $1 and t.term = (select term from wanted order by leads limit 1)
