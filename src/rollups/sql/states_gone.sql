delete from autocall_lead_trail t
using (
    select distinct lead_id
    from {{rows}} r
    where r.weight < 0
) r
where t.tenant_id = $1
  and t.lead_id = r.lead_id
  and t.attempts <= 0
