-- Telesales calls, from the part of the plan between $1 and $2 (places in bench.telesales), which lies in the
-- order of time.
insert into telesales_calls (tenant_id, uuid, campaign_id, lead_id, agent_id, cid, started_at, answered_at, ended_at,
    result, talk_sec, wrap_sec, hangup_cause, disposition)
select tenant_id, uuid, campaign_id, lead_id,
       -- Agents have leads of their own, mostly; nobody is there for what was blocked.
       case when result is distinct from 'blocked' then
           1 + case when bench.pick(b, 3, 10) < 7 then (lead_id % 60)::int else bench.pick(c, 1, 60) end end,
       '8428' || 3800001 + bench.pick(c, 2, 40),
       started_at,
       case when answered then started_at + ring end,
       case when result is not null then started_at + ring + talk_sec * interval '1 second' end,
       result, talk_sec,
       case when result = 'answered' then 5 + bench.pick(b, 1, 60) else 0 end,
       case when bench.pick(c, 3, 50) > 0 then
           case when answered then 'NORMAL_CLEARING' when result = 'busy' then 'USER_BUSY'
                when result = 'no_answer' then 'NO_ANSWER' when result = 'rejected' then 'CALL_REJECTED'
                when result = 'failed' then (array['UNALLOCATED_NUMBER', 'NETWORK_OUT_OF_ORDER',
                    'NORMAL_TEMPORARY_FAILURE', 'NO_ROUTE_DESTINATION'])[1 + bench.pick(c, 0, 4)] end end,
       case
           when result = 'answered' and bench.pick(b, 2, 100) < 94 then
               (array['sale', 'appointment', 'interested', 'interested', 'not_interested', 'not_interested',
                      'not_interested', 'not_interested', 'needs_info', 'call_back', 'call_back_later', 'wrong_number',
                      'do_not_call', 'language'])[1 + bench.pick(b, 0, 14)]
           when result = 'no_answer' and bench.pick(b, 2, 100) < 40 then
               (array['voicemail', 'no_answer'])[1 + bench.pick(b, 0, 2)]
       end
from (
    select *,
           coalesce(result in ('answered', 'abandoned'), false) as answered,
           case when result = 'answered' then 2 + bench.pick(b, 1, 700) * bench.pick(b, 2, 700) / 700 else 0 end as talk_sec,
           (4 + bench.pick(c, 2, 25)) * interval '1 second' as ring
    from (
        select *,
               case
                   when second >= 90 * 86400 - 40000 and bench.pick(a, 3, 400) = 0 then null -- under way at the end
                   when bench.pick(a, 1, 100) < 2 then 'blocked'
                   when bench.pick(a, 1, 100) < 4 then 'abandoned'
                   when is_last then (array['answered', 'answered', 'answered', 'answered', 'answered', 'no_answer',
                       'no_answer', 'busy', 'failed', 'rejected'])[1 + bench.pick(a, 0, 10)]
                   else (array['answered', 'answered', 'answered', 'no_answer', 'no_answer', 'no_answer', 'no_answer',
                       'busy', 'failed', 'rejected'])[1 + bench.pick(a, 0, 10)]
               end as result
        from (
            select *, md5('t' || seed)::uuid::text as uuid, hashint8extended(seed, 17) as a,
                   hashint8extended(seed, 18) as b, hashint8extended(seed, 19) as c,
                   to_timestamp(extract(epoch from bench.begins())::float8 + second + bench.pick(hashint8extended(seed, 20), 0, 1000) / 1000.0::float8)
                       as started_at
            from (select *, lead_id * 16 + number as seed from bench.telesales where ctid >= $1::tid and ctid < $2::tid) as plan
            offset 0
        ) as hashed
        offset 0
    ) as ended
    offset 0
) as calls
