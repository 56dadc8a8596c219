-- Leads whose payload contains $9: looked up by its rarest term $10, then compared.
select l.id
from autocall_lead_terms t
join autocall_leads l on l.tenant_id = $1 and l.id = t.lead_id
where t.tenant_id = $1 and t.term = $10 and {{has_payload}}
