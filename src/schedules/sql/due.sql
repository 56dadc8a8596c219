-- Accounts with a schedule or a run that is due at $1, over all accounts.
select tenant_id
from schedules
where active and next_run_at <= $1
union
select tenant_id
from schedule_runs
where status in ('queued', 'running') and mail is null and next_try_at <= $1
  and (leased_until is null or leased_until <= now())
