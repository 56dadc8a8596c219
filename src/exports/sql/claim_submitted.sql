-- Claims the new job $2 with claim $3 for $4 seconds.
update exports
set status = 'running', claim = $3, leased_until = now() + make_interval(secs => $4), tries = tries + 1
where tenant_id = $1 and id = $2 and status = 'queued'
