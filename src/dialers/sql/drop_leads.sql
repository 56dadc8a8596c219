-- Deletes made leads in $2 that have no call any more and that nobody changed.
with dropped as (
    delete from {{leads}} lead
    using dialer_leads made
    where lead.tenant_id = $1 and lead.id = any ($2)
      and made.tenant_id = $1 and made.module = '{{product}}' and made.lead_id = lead.id
      and {{unchanged}}
      and not exists (select from {{calls}} call where call.tenant_id = $1 and call.lead_id = lead.id)
    returning lead.id
)
delete from dialer_leads made using dropped
where made.tenant_id = $1 and made.module = '{{product}}' and made.lead_id = dropped.id
