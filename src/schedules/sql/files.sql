-- Keys of the files of schedule $2.
select file_key
from schedule_runs
where tenant_id = $1 and schedule_id = $2 and file_key is not null
