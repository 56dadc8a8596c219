-- Deletes made leads in $2 that have no call any more and that nobody changed.
with dropped as (
    delete from autocall_leads lead
    using dialer_leads made
    where lead.tenant_id = $1 and lead.id = any ($2)
      and made.tenant_id = $1 and made.module = 'autocall' and made.lead_id = lead.id
      and lead.status = 'pending' and lead.external_ref is null and lead.payload = '{}'
      and not exists (select from autocall_attempts call where call.tenant_id = $1 and call.lead_id = lead.id)
    returning lead.id
)
delete from dialer_leads made using dropped
where made.tenant_id = $1 and made.module = 'autocall' and made.lead_id = dropped.id
