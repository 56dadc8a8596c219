-- A campaign's attempts by local hour of the week, numbered from Sunday 00:00 (1970 began on a Thursday,
-- four days in). $2 campaign; $3, $4, $5 the window's segments.
select (callboard_local_second(a.started_at, s.utc_offset) / 3600 + 4 * 24) % (7 * 24) as hour_of_week,
       count(*) as dialed,
       count(*) filter (where a.result = 'answered') as answered
from unnest($3::timestamptz[], $4::timestamptz[], $5::integer[]) as s (begins, ends, utc_offset)
join autocall_attempts a
  on a.tenant_id = $1 and a.campaign_id = $2 and a.started_at >= s.begins and a.started_at < s.ends
group by 1
