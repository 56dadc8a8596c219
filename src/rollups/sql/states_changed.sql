-- Leads with changes since the last compaction, and what they add to the numbers of their attempts.
select lead_id,
       sum(attempts) as attempts,
       sum(waiting) as waiting
from (
    select lead_id, weight as attempts, case when result is null then weight else 0 end as waiting
    from autocall_attempts_journal
    where tenant_id = $1
      and nullif(quarter >= (select callboard_quarter(callboard_complete_from($1))), false) is not null
    union all
    select id, 0, 0
    from autocall_leads_journal
    where tenant_id = $1
) entries
group by lead_id
