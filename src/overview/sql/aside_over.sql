-- Deletes warnings of a user that are aside no more. $2 user, $3 now.
delete from warnings_aside
where tenant_id = $1 and user_id = $2 and until <= $3
