-- Attempts of lead l, of any campaign: their number, and the start and the result of the last.
select
    count(*) as total_attempts,
    max(a.started_at) as last_attempt_at,
    (array_agg(a.result order by a.started_at desc, a.attempt_number desc, a.uuid desc))[1] as last_result
from autocall_attempts a
where a.tenant_id = $1
  and a.lead_id = l.id
