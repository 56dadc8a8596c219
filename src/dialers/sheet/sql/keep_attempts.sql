-- Remembers the attempts $2, whose sheet tells no number.
insert into sheet_attempts (tenant_id, uuid)
select $1, told.uuid from (select distinct unnest($2::text[]) as uuid) as told
on conflict (tenant_id, uuid) do nothing
