-- Puts a warning aside. $2 user, $3 product, $4 code, $5 campaign or 0, $6 subject or empty, $7 until when.
insert into warnings_aside (tenant_id, user_id, module, code, campaign_id, subject, until)
values ($1, $2, $3, $4, $5, $6, $7)
on conflict (tenant_id, user_id, module, code, campaign_id, subject) do update
set until = excluded.until
