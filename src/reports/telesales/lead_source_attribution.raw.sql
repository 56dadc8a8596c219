-- Leads created in a window by source, and those with a dial, an answer and a conversion in it.
-- $2 from, $3 to, $4 campaign, $5 agents, $6 team, which filter calls and never leads, $7 sources of leads.
with reached as ( -- stages reached by a lead's dials in the window
    select c.lead_id,
           bool_or(callboard_is_answer(c.result)) as contacted,
           bool_or(coalesce(d.is_conversion, false)) as converted
    from callboard_calls($1, $2, $3, $4, $5) c
    left join dispositions d on d.tenant_id = $1 and d.code = c.disposition
    where callboard_is_dial(c.result) and {{in_team c $6}}
    group by c.lead_id
)
select callboard_source(l.source) as key,
       count(*) as leads,
       count(r.lead_id) as dialed,
       count(*) filter (where r.contacted) as contacted,
       count(*) filter (where r.converted) as converted
from telesales_leads l
left join reached r on r.lead_id = l.id
where l.tenant_id = $1 and l.created_at >= $2 and l.created_at < $3 and ($4 is null or l.campaign_id = $4)
  and {{from_source l $7}}
group by 1
