-- Dials, abandoned ones, answers and blocked calls of a campaign by local day, numbered since 1970. $2 campaign, $3, $4 the window;
-- $5, $6, $7 its segments.
select callboard_local_second(c.started_at, s.utc_offset) / 86400 as day,
       count(*) filter (where callboard_is_dial(c.result)) as dials,
       count(*) filter (where c.result = 'abandoned') as abandoned,
       count(*) filter (where callboard_is_answer(c.result)) as answers,
       count(*) filter (where c.result = 'blocked') as blocked
from unnest($5::timestamptz[], $6::timestamptz[], $7::integer[]) as s (begins, ends, utc_offset)
join callboard_calls($1, $3, $4, $2, null) c on c.started_at >= s.begins and c.started_at < s.ends
group by 1
