-- The mail of run $2 with its file, while claim $3 holds.
select r.mail, r.file_key, r.file_name, r.bytes, r.expires_at, s.name as schedule, s.created_by
from schedule_runs r
join schedules s on s.tenant_id = $1 and s.id = r.schedule_id
where r.tenant_id = $1 and r.id = $2 and r.claim = $3
