-- Gives run $2 back without counting the try: its worker is stopping.
update schedule_runs
set status = 'queued', tries = tries - 1, claim = null, leased_until = null
where tenant_id = $1 and id = $2 and claim = $3
