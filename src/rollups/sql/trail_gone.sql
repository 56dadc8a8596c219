delete from {{name}}_trail t
using (
    select distinct
        campaign_id,
        lead_id,
        callboard_bucket(r.quarter, 4) as hour
    from {{rows}} r
    where r.weight < 0
) r
where t.tenant_id = $1
  and t.campaign_id = r.campaign_id
  and t.lead_id = r.lead_id
  and t.hour = r.hour
  and t.n <= 0
