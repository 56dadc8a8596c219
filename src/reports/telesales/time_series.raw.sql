-- Dials by local bucket. $2, $3 the window, $4 campaign, $5 agents, $6 team, $7 sources of leads, $8 seconds in a bucket,
-- $9 local seconds to add first (src/time/bucket.rs); $10, $11, $12 the window's segments.
select (callboard_local_second(c.started_at, s.utc_offset) + $9) / $8 as bucket,
       count(*) as dials,
       count(*) filter (where callboard_is_answer(c.result)) as answers,
       coalesce(sum(c.talk_sec), 0)::bigint as talk_sec,
       count(*) filter (where d.is_conversion) as conversions
from unnest($10::timestamptz[], $11::timestamptz[], $12::integer[]) as s (begins, ends, utc_offset)
join callboard_calls($1, $2, $3, $4, $5) c
  on c.started_at >= s.begins and c.started_at < s.ends and callboard_is_dial(c.result) and {{in_team c $6}}
left join telesales_leads l on l.tenant_id = $1 and l.id = c.lead_id
left join dispositions d on d.tenant_id = $1 and d.code = c.disposition
where {{from_source l $7}}
group by 1
order by 1
