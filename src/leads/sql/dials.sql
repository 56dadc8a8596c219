-- Dials of lead l, of any campaign: their number, and the start and the result of the last.
select
    count(*) as total_dials,
    max(c.started_at) as last_dial_at,
    (array_agg(c.result order by c.started_at desc, c.uuid desc))[1] as last_result
from telesales_calls c
where c.tenant_id = $1
  and c.lead_id = l.id
  and callboard_is_dial(c.result)
