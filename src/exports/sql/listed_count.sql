-- The number of exports of `listed.sql`. $2 true for those of campaigns, $3 true for those of calls, $4 status or null, $5 user or
-- null, $6 now.
select count(*)
from exports e
where e.tenant_id = $1
  and case when e.campaign_id is null then $3 else $2 end
  and ($4::text is null or $4 = case when e.status = 'ready' and e.expires_at <= $6 then 'expired' else e.status end)
  and ($5::bigint is null or e.created_by = $5)
