-- Entries that take attempts from leads created from a cut on, which may not be known yet. The journal is empty before. $2
-- the cut before or null, $3 the cut.
insert into autocall_attempts_journal (
    tenant_id,
    weight,
    quarter,
    {{columns}}
)
select tenant_id,
       -1,
       callboard_quarter(started_at),
       {{columns}}
from autocall_attempts a
where a.tenant_id = $1
  and a.started_at >= coalesce($2::timestamptz, '-infinity')
  and a.started_at < $3
  and not exists (
      select from autocall_leads l
      where l.tenant_id = $1
        and l.id = a.lead_id
        and l.created_at < $3
  )
