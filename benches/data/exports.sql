-- One campaign with $1 attempts over 25 days, in the order of time, on a third as many leads: rows as dialers send
-- them, most fields filled.
insert into autocall_attempts (tenant_id, uuid, campaign_id, lead_id, attempt_number, started_at, answered_at, ended_at,
    result, hangup_cause, billsec, dtmf, script_path, transfer, agent_id, agent_disposition, caller_id, provider,
    outcome, sentiment)
select 1, md5('a' || n)::uuid::text, 1, 1 + n % ($1 / 3), 1 + n % 4, at,
       case when n % 3 > 0 then at + interval '9.25 seconds' end, at + interval '51 seconds',
       (array['no_answer', 'answered', 'answered'])[1 + n % 3],
       (array['NO_ANSWER', 'NORMAL_CLEARING', 'NORMAL_CLEARING'])[1 + n % 3],
       case when n % 3 > 0 then 5 + n % 300 else 0 end, (array['', '1', '02'])[1 + n % 3],
       case when n % 3 > 0 then '{intro,menu_1,press_1}'::text[] else '{}' end,
       case when n % 3 = 1 then 'connected' end, case when n % 3 = 1 then 1 + n % 60 end,
       case when n % 3 = 1 then 'interested' end, '84283800' || 100 + n % 40, 'viettel',
       case when n % 3 = 1 then 'agreed' end, case when n % 3 > 0 then (n % 10001)::numeric / 10000 end
from generate_series(1, $1) n
cross join lateral (select timestamptz '2026-03-01 00:00Z' + n * (interval '25 days' / $1) as at) started
