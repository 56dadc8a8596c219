-- The mail of a run that is made and not yet mailed: what it says, and the state of each recipient (contract, section 14).
-- A run with one waits for the workers that mail, and has a count of tries of its own.
alter table schedule_runs
    add column mail jsonb,
    add check (mail is null or status in ('queued', 'running'));
