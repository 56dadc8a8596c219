-- Distinct leads by stage. $2 from, $3 to, $4 campaign, $5 agents, $6 team, which filter calls and
-- never leads, $7 sources of leads.
select (select count(*) from telesales_leads l
        where l.tenant_id = $1 and l.created_at < $3
          and l.created_at >= callboard_complete_from($1) and ($4 is null or l.campaign_id = $4)
          and {{from_source l $7}}) as leads,
       count(distinct c.lead_id) as dialed,
       count(distinct c.lead_id) filter (where callboard_is_answer(c.result)) as connected,
       count(distinct c.lead_id) filter (where {{long_talk c}}) as talked,
       count(distinct c.lead_id) filter (where c.disposition is not null) as disposed,
       count(distinct c.lead_id) filter (where d.is_conversion) as converted
from callboard_calls($1, $2, $3, $4, $5) c
left join telesales_leads l on l.tenant_id = $1 and l.id = c.lead_id
left join dispositions d on d.tenant_id = $1 and d.code = c.disposition
where callboard_is_dial(c.result) and {{in_team c $6}} and {{from_source l $7}}
