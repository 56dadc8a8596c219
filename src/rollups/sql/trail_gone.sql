delete from {{name}}_trail t
using (
    select distinct campaign_id, lead_id
    from {{rows}} r
    where r.weight < 0
) r
where t.tenant_id = $1
  and t.campaign_id = r.campaign_id
  and t.lead_id = r.lead_id
  and t.n <= 0
