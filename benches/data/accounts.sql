-- Accounts, and all that is not counted itself: people, scripts, dispositions, caller IDs, campaigns.

insert into tenants (id, name, timezone)
select id, name, timezone
from (values (1, 'Bench', 'Asia/Ho_Chi_Minh'), (2, 'Bench 2', 'Asia/Kathmandu'), (3, 'Bench 3', 'Europe/Berlin'))
    as accounts (id, name, timezone)
where exists (select from bench.campaigns where tenant_id = accounts.id);

insert into teams (tenant_id, id, name)
select t.id, n, 'Team ' || n from tenants t, generate_series(1, 6) n;

insert into agents (tenant_id, id, name, username, team_id)
select t.id, n, 'Agent ' || n, 'agent' || n, 1 + n % 6 from tenants t, generate_series(1, 60) n;

insert into dispositions (tenant_id, code, label, category, color, is_conversion)
select t.id, code, initcap(replace(code, '_', ' ')), category, '#2E86DE', conversion
from tenants t, (values
    ('sale', 'contact', true), ('appointment', 'contact', true), ('interested', 'contact', false),
    ('not_interested', 'contact', false), ('needs_info', 'contact', false), ('call_back', 'callback', false),
    ('call_back_later', 'callback', false), ('voicemail', 'no_contact', false), ('no_answer', 'no_contact', false),
    ('wrong_number', 'remove', false), ('do_not_call', 'remove', false), ('language', 'remove', false)
) as d (code, category, conversion);

insert into caller_ids (tenant_id, cid, display_name, carrier, cli_type)
select t.id, '8428' || 3800000 + n, 'Line ' || n, (array['viettel', 'mobifone', 'vinaphone', 'landline'])[1 + n % 4],
       (array['mobile', 'fixed_02x'])[1 + n % 2]
from tenants t, generate_series(1, 40) n;

insert into autocall_scripts (tenant_id, id, name, dtmf_actions)
select t.id, n, 'Script ' || n, '[
    {"digit": "1", "label": "Talk to an agent", "action_type": "transfer", "target_queue_name": "sales"},
    {"digit": "2", "label": "Call me back", "action_type": "callback"},
    {"digit": "9", "label": "Do not call", "action_type": "dnc"}]'
from tenants t, generate_series(1, 4) n;

-- The largest campaign has a script of its own.
insert into autocall_campaigns (tenant_id, id, name, script_id, started_at, created_at)
select tenant_id, id, 'Campaign ' || id, case when id = 1 then 4 else 1 + id % 3 end, begins, begins - interval '7 days'
from (select *, bench.begins() + first_day * interval '1 day' as begins from bench.campaigns where module = 'autocall') c;

insert into telesales_campaigns (tenant_id, id, name, created_at)
select tenant_id, id, 'Campaign ' || id, bench.begins() + (first_day - 7) * interval '1 day'
from bench.campaigns where module = 'telesales';

-- 40 ways through a script, of which each key has its own; some are far more frequent than others.
create table bench.paths as
select n, case when n = 0 then '{}'::text[]
               else array['intro', 'menu_' || n % 3, 'press_' || n % 5]
                    || case when n % 4 = 0 then array['replay'] else '{}'::text[] end
                    || case when n % 7 < 3 then array['offer_' || n % 7, 'confirm_' || n] else array['end_' || n] end
          end as steps
from generate_series(0, 40) n;
