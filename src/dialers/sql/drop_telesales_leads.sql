-- Deletes made leads in $2 that have no call any more and that nobody changed.
with dropped as (
    delete from telesales_leads lead
    using dialer_leads made
    where lead.tenant_id = $1 and lead.id = any ($2)
      and made.tenant_id = $1 and made.module = 'telesales' and made.lead_id = lead.id
      and lead.source is null and lead.full_name is null and lead.payload = '{}'
      and not exists (select from telesales_calls call where call.tenant_id = $1 and call.lead_id = lead.id)
    returning lead.id
)
delete from dialer_leads made using dropped
where made.tenant_id = $1 and made.module = 'telesales' and made.lead_id = dropped.id
