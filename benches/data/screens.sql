-- 300 campaigns of each product, half of them active, with $1 attempts and $1 calls over 45 days until now, 2026-03-26 09:10 UTC,
-- from 8:00 to 20:00 of UTC+7. A quarter are campaign 1's. Each lead is dialed three times.
insert into autocall_scripts (tenant_id, id, name, dtmf_actions) values (1, 1, 'Script', '[{"digit": "1", "label": "Talk to an agent"}]');
insert into autocall_campaigns (tenant_id, id, name, status, script_id, started_at)
select 1, id, 'Campaign ' || id, (array['active', 'paused'])[1 + id % 2], 1, '2026-02-01' from generate_series(1, 300) id;
insert into telesales_campaigns (tenant_id, id, name, status)
select 1, id, 'Campaign ' || id, (array['active', 'paused'])[1 + id % 2] from generate_series(1, 300) id;
insert into agents (tenant_id, id, name, username) select 1, n, 'Agent ' || n, 'agent' || n from generate_series(1, 60) n;
insert into caller_ids (tenant_id, cid, carrier, cli_type)
select 1, '8428' || 3800000 + n, 'viettel', 'mobile' from generate_series(1, 40) n;
insert into dispositions (tenant_id, code, label, category, color, is_conversion) values
    (1, 'sale', 'Sale', 'contact', '#10B981', true), (1, 'no', 'No', 'contact', '#EF4444', false);

create temporary table dials as
select n, case when n % 4 = 0 then 1 else 1 + n % 300 end as campaign_id,
       timestamptz '2026-03-26 09:10Z' - interval '45 days'
         + make_interval(days => n % 45) + make_interval(secs => (n * 7919::bigint) % 43200) - interval '8 hours 10 minutes' as at
from generate_series(1, {{rows}}) n;
delete from dials where at > '2026-03-26 09:10Z';
create temporary table dialed as
select (row_number() over (partition by campaign_id order by n) / 3 * 300 + campaign_id)::bigint as lead_id, dials.* from dials;

insert into autocall_leads (tenant_id, id, campaign_id, phone, phone_as_sent, payload, status, created_at)
select distinct on (lead_id) 1, lead_id, campaign_id, '84' || 900000000 + lead_id, '0' || 900000000 + lead_id, '{}'::jsonb,
       (array['completed', 'failed', 'pending', 'retry'])[1 + n % 4], timestamptz '2026-02-01'
from dialed;
insert into telesales_leads (tenant_id, id, campaign_id, phone, phone_as_sent, source, created_at)
select distinct on (lead_id) 1, lead_id, campaign_id, '84' || 900000000 + lead_id, '0' || 900000000 + lead_id,
       'source ' || n % 5, timestamptz '2026-02-01'
from dialed;
insert into autocall_attempts (tenant_id, uuid, campaign_id, lead_id, attempt_number, started_at, result, hangup_cause, billsec, dtmf)
select 1, 'a' || n, campaign_id, lead_id, 1 + n % 3, at,
       (array['answered', 'answered', 'no_answer', 'busy', 'failed'])[1 + n % 5],
       (array['NORMAL_CLEARING', 'NORMAL_CLEARING', 'NO_ANSWER', 'USER_BUSY', 'CALL_REJECTED'])[1 + n % 5],
       case when n % 5 < 2 then 5 + n % 200 else 0 end, (array['1', '', '', '', ''])[1 + n % 5]
from dialed order by at;
insert into telesales_calls (tenant_id, uuid, campaign_id, lead_id, agent_id, cid, started_at, result, talk_sec, disposition, hangup_cause)
select 1, 'c' || n, campaign_id, lead_id, 1 + n % 60, '8428' || 3800001 + n % 40, at,
       case when n % 97 = 0 then 'abandoned' when n % 89 = 0 then 'blocked'
            else (array['answered', 'answered', 'no_answer', 'busy', 'rejected'])[1 + n % 5] end,
       case when n % 5 < 2 then 5 + n % 200 else 0 end, (array['sale', 'no', null, null, null])[1 + n % 5],
       (array['NORMAL_CLEARING', 'NORMAL_CLEARING', 'NO_ANSWER', 'USER_BUSY', 'CALL_REJECTED'])[1 + n % 5]
from dialed order by at;
analyze;
