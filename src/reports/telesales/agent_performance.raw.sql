-- Dials by agent, without agents that have none. $2 from, $3 to, $4 campaign, $5 agents, $6 team, $7 sources of leads.
select a.id as key,
       callboard_short(a.name) as name,
       callboard_short(a.username) as username,
       count(*) as dials,
       count(*) filter (where callboard_is_answer(c.result)) as answers,
       coalesce(sum(c.talk_sec::bigint + c.wrap_sec) filter (where callboard_is_answer(c.result)), 0)::bigint as handling_sec,
       count(*) filter (where d.is_conversion) as conversions
from callboard_calls($1, $2, $3, $4, $5) c
join agents a on a.tenant_id = $1 and a.id = c.agent_id
left join telesales_leads l on l.tenant_id = $1 and l.id = c.lead_id
left join dispositions d on d.tenant_id = $1 and d.code = c.disposition
where callboard_is_dial(c.result) and {{in_team c $6}} and {{from_source l $7}}
group by a.id, a.name, a.username
