-- Forgets the files of runs $2.
update schedule_runs
set file_key = null
where tenant_id = $1 and id = any ($2)
