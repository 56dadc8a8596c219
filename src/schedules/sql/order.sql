-- Adds a run of schedule $2 outside its times: $3 id, $4 now.
insert into schedule_runs (tenant_id, id, schedule_id, due_at, status, manual, next_try_at)
values ($1, $3, $2, $4, 'queued', true, $4)
