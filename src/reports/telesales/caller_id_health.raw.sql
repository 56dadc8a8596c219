-- Every caller ID of the tenant with its dials in a window, and its dials of today over all campaigns and
-- agents. $2 from, $3 to, $4 campaign, $5 agents, $6 team, $7 sources of leads, which narrow today too; $8 seconds of talk
-- below which an answer is short; $9, $10 today.
with dials as ( -- of the window, by caller ID
    select cid,
           count(*) as calls,
           count(*) filter (where callboard_is_answer(result)) as answers,
           sum(talk_sec) as talk_sec,
           count(*) filter (where callboard_is_answer(result) and talk_sec < $8) as short,
           count(*) filter (where result = 'rejected') as rejected
    from callboard_calls($1, $2, $3, $4, $5) c
    left join telesales_leads l on l.tenant_id = $1 and l.id = c.lead_id
    where callboard_is_dial(result) and cid is not null
      and {{in_team c $6}} and {{from_source l $7}}
    group by cid
), today as (
    select cid, count(*) as calls
    from callboard_calls($1, $9, $10, null, null) c
    left join telesales_leads l on l.tenant_id = $1 and l.id = c.lead_id
    where callboard_is_dial(result) and cid is not null and {{from_source l $7}}
    group by cid
)
select callboard_short(i.cid) as key, callboard_short(i.display_name) as display_name, i.carrier, i.cli_type, i.pool_status, i.cooldown_until, i.daily_cap::bigint as daily_cap,
       coalesce(d.calls, 0) as calls,
       coalesce(d.answers, 0) as answers,
       coalesce(d.talk_sec, 0)::bigint as talk_sec,
       coalesce(d.short, 0) as short,
       coalesce(d.rejected, 0) as rejected,
       coalesce(t.calls, 0) as today
from caller_ids i
left join dials d on d.cid = i.cid
left join today t on t.cid = i.cid
where i.tenant_id = $1
