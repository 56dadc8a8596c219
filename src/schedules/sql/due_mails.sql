-- Accounts with a mail that is due at $1, over all accounts.
select distinct tenant_id
from schedule_runs
where status in ('queued', 'running') and mail is not null and next_try_at <= $1
  and (leased_until is null or leased_until <= now())
