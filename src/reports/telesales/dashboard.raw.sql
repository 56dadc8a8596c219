-- Totals of the calls in a window. $2 from, $3 to, $4 campaign, $5 agents, $6 team, $7 sources of leads.
select count(*) filter (where callboard_is_dial(result)) as dials,
       count(*) filter (where callboard_is_answer(result)) as answers,
       coalesce(sum(talk_sec) filter (where callboard_is_dial(result)), 0)::bigint as talk_sec,
       count(distinct agent_id) filter (where callboard_is_dial(result)) as agents,
       count(*) filter (where not callboard_is_dial(result)) as blocked
from callboard_calls($1, $2, $3, $4, $5) c
left join telesales_leads l on l.tenant_id = $1 and l.id = c.lead_id
where {{in_team c $6}} and {{from_source l $7}}
