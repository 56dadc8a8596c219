-- AutoCall attempts, from the part of the plan between $1 and $2 (places in bench.autocall), which lies in the
-- order of time. The last attempt on a lead is mostly the one that reached it.
insert into autocall_attempts (tenant_id, uuid, campaign_id, lead_id, attempt_number, started_at, answered_at, ended_at,
    result, hangup_cause, billsec, dtmf, script_path, transfer, agent_id, agent_disposition, caller_id, provider,
    outcome, sentiment)
select tenant_id, uuid, campaign_id, lead_id, number, started_at,
       case when answered then started_at + ring end,
       case when result is not null then started_at + ring + billsec * interval '1 second' end,
       result,
       case
           when bench.pick(c, 0, 50) = 0 then null
           when answered then (array['NORMAL_CLEARING', 'NORMAL_CLEARING', 'NORMAL_CLEARING', 'NORMAL_CLEARING',
               'NORMAL_CLEARING', 'NORMAL_CLEARING', 'MEDIA_TIMEOUT', 'ATTENDED_TRANSFER'])[1 + bench.pick(c, 1, 8)]
           when result = 'no_answer' then (array['NO_ANSWER', 'NO_ANSWER', 'NO_ANSWER', 'NO_USER_RESPONSE',
               'ALLOTTED_TIMEOUT', 'ORIGINATOR_CANCEL'])[1 + bench.pick(c, 1, 6)]
           when result = 'busy' then 'USER_BUSY'
           when result = 'failed' then (array['CALL_REJECTED', 'CALL_REJECTED', 'UNALLOCATED_NUMBER',
               'NETWORK_OUT_OF_ORDER', 'NORMAL_TEMPORARY_FAILURE', 'DESTINATION_OUT_OF_ORDER', 'NO_ROUTE_DESTINATION',
               'RECOVERY_ON_TIMER_EXPIRE', 'SERVICE_UNAVAILABLE'])[1 + bench.pick(c, 1, 9)]
           when result = 'abandoned' then 'ORIGINATOR_CANCEL'
       end,
       billsec, dtmf, coalesce(steps, '{}'), transfer,
       case when transfer = 'connected' then 1 + bench.pick(c, 2, 60) end,
       case when transfer = 'connected' and bench.pick(c, 3, 100) < 85 then
           (array['sale', 'interested', 'interested', 'not_interested', 'not_interested', 'call_back', 'appointment',
                  'wrong_number'])[1 + bench.pick(b, 3, 8)] end,
       '8428' || 3800001 + bench.pick(a, 3, 40),
       (array['viettel', 'viettel', 'mobifone', 'vinaphone'])[1 + bench.pick(a, 2, 4)],
       case when answered and dtmf <> '' then (array['agreed', 'agreed', 'declined', 'undecided', 'later', 'complaint'])
           [1 + bench.pick(b, 0, 6)] end,
       case when answered and bench.pick(b, 1, 10) < 8 then bench.pick(b, 2, 10001)::numeric / 10000 end
from (
    select *,
           result = 'answered' as answered,
           -- A deciding key, after a replay now and then; none in a quarter of the calls.
           case when result = 'answered' then
               case when bench.pick(b, 2, 9) = 0 then '0' else '' end
               || (array['', '', '', '1', '1', '1', '1', '1', '2', '2', '3', '9'])[key] else '' end as dtmf,
           case when result = 'answered' then 4 + bench.pick(b, 1, 400) * bench.pick(b, 2, 400) / 420 else 0 end as billsec,
           case when result = 'answered' and key between 4 and 8 then
               (array['connected', 'connected', 'connected', 'connected', 'connected', 'connected', 'connected',
                      'connected', 'queued', 'failed'])[1 + bench.pick(b, 3, 10)] end as transfer,
           -- The product of two draws: low numbers are frequent.
           case when result = 'answered' then bench.pick(a, 1, 41) * (1 + bench.pick(c, 3, 40)) / 40 end as path,
           (4 + bench.pick(c, 2, 25)) * interval '1 second' as ring
    from (
        select *, 1 + bench.pick(b, 0, 12) as key,
               case
                   -- Under way when the 90 days end.
                   when second >= 90 * 86400 - 40000 and bench.pick(a, 3, 400) = 0 then null
                   when is_last then (array['answered', 'answered', 'answered', 'answered', 'answered', 'answered',
                       'no_answer', 'no_answer', 'busy', 'failed'])[1 + bench.pick(a, 0, 10)]
                   else (array['answered', 'answered', 'no_answer', 'no_answer', 'no_answer', 'no_answer', 'no_answer',
                       'no_answer', 'no_answer', 'busy', 'busy', 'busy', 'failed', 'failed', 'abandoned'])
                       [1 + bench.pick(a, 0, 15)]
               end as result
        from (
            select *, md5('a' || seed)::uuid::text as uuid, hashint8extended(seed, 7) as a,
                   hashint8extended(seed, 8) as b, hashint8extended(seed, 9) as c,
                   to_timestamp(extract(epoch from bench.begins())::float8 + second + bench.pick(hashint8extended(seed, 10), 0, 1000) / 1000.0::float8)
                       as started_at
            from (select *, lead_id * 16 + number as seed from bench.autocall where ctid >= $1::tid and ctid < $2::tid) as plan
            offset 0
        ) as hashed
        offset 0
    ) as ended
    offset 0
) as attempts
left join bench.paths on n = path
