-- Reference of lead $2, and true if it has attempts; locked.
select
    l.external_ref,
    exists (
        select
        from autocall_attempts a
        where a.tenant_id = $1
          and a.lead_id = l.id
    ) as has_attempts
from autocall_leads l
where l.tenant_id = $1
  and l.id = $2
for update of l
