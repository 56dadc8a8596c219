-- Warnings that a user has put aside. $2 user, $3 product, $4 now.
select code, campaign_id, subject
from warnings_aside
where tenant_id = $1 and user_id = $2 and module = $3 and until > $4
