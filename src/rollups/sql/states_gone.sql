with changed as materialized (
    {{changed}}
)
delete from autocall_lead_trail t
using changed c
where t.tenant_id = $1
  and t.lead_id = c.lead_id
  and not exists (
      select from autocall_leads l
      where l.tenant_id = $1 and l.id = t.lead_id
  )
