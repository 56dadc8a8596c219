-- Every caller ID of the tenant with its dials in a window, and its dials of today over all campaigns and agents. $2 campaign, $3 agents, $4 team, $5 sources of leads, always null; the plan of the window, then that of today.
with dials as ( -- of the window, by caller ID
    select cid,
           sum(calls) as calls,
           sum(answers) as answers,
           sum(talk_sec)::bigint as talk_sec,
           sum(short) as short,
           sum(rejected) as rejected
    from {{rolled telesales_caller_ids scope=asked campaign=$2 of=$3,$4}} r
    group by cid
), today as (
    select cid, sum(calls) as calls
    from {{rolled telesales_caller_ids scope=account plan=today}} r
    group by cid
)
select callboard_short(i.cid) as key, callboard_short(i.display_name) as display_name, i.carrier, i.cli_type, i.pool_status, i.cooldown_until, i.daily_cap::bigint as daily_cap,
       coalesce(d.calls, 0) as calls,
       coalesce(d.answers, 0) as answers,
       coalesce(d.talk_sec, 0) as talk_sec,
       coalesce(d.short, 0) as short,
       coalesce(d.rejected, 0) as rejected,
       coalesce(t.calls, 0) as today
from caller_ids i
left join dials d on d.cid = i.cid
left join today t on t.cid = i.cid
where i.tenant_id = $1
