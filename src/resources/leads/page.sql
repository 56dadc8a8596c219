-- A page of a campaign's leads, newest id first, each with its attempts, of any campaign. $2 campaign; $3 status, $4 phone in
-- E.164 without its plus, $5 part of the reference or the phone, each may be null; $6 limit, $7 offset.
--
-- A phone is looked up in its index: by a branch of its own, because the plan is made once for all arguments.
select
    l.id,
    l.campaign_id,
    l.phone_as_sent as phone_number,
    l.external_ref,
    l.payload,
    l.status,
    a.total_attempts,
    a.last_attempt_at,
    a.last_result,
    l.created_at
from (
    select *
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
    order by m.id desc
    limit $6 offset $7
) l
cross join lateral (
    select
        count(*) as total_attempts,
        max(a.started_at) as last_attempt_at,
        (array_agg(a.result order by a.started_at desc, a.attempt_number desc, a.uuid desc))[1] as last_result
    from autocall_attempts a
    where a.tenant_id = $1
      and a.lead_id = l.id
) a
order by l.id desc
