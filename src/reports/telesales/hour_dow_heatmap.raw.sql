-- Dials by local hour of the week, numbered from Sunday 00:00 (1970 began on a Thursday, four days in).
-- $2, $3 the window, $4 campaign, $5 agents, $6 team, $7 sources of leads; $8, $9, $10 the window's
-- segments.
select (callboard_local_second(c.started_at, s.utc_offset) / 3600 + 4 * 24) % (7 * 24) as hour_of_week,
       count(*) as dials,
       count(*) filter (where callboard_is_answer(c.result)) as answered
from unnest($8::timestamptz[], $9::timestamptz[], $10::integer[]) as s (begins, ends, utc_offset)
join callboard_calls($1, $2, $3, $4, $5) c
  on c.started_at >= s.begins and c.started_at < s.ends and callboard_is_dial(c.result) and {{in_team c $6}}
left join telesales_leads l on l.tenant_id = $1 and l.id = c.lead_id
where {{from_source l $7}}
group by 1
