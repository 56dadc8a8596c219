-- Leads m of campaign $2; $3 status, $4 phone in E.164 without its plus, $5 part of the reference or the phone, each may be
-- null.
--
-- A phone is looked up in its index: by a branch of its own, because the plan is made once for all arguments.
from (
    select *
    from autocall_leads
    where tenant_id = $1
      and campaign_id = $2
      and $4::text is null
    union all
    select *
    from autocall_leads
    where tenant_id = $1
      and campaign_id = $2
      and phone = $4
) m
where ($3::text is null or m.status = $3)
  and ($5::text is null
       or strpos(callboard_folded(m.external_ref), callboard_folded($5)) > 0
       or strpos(m.phone, callboard_folded($5)) > 0
       or strpos(callboard_folded(m.phone_as_sent), callboard_folded($5)) > 0)
