-- The number of deliveries of webhook $2, only those with status $3 or event $4, unless null; $5 at most.
select count(*)
from (
    select
    from webhook_deliveries
    where tenant_id = $1 and webhook_id = $2
      and ($3::text is null or status = $3)
      and ($4::text is null or event = $4)
    limit $5
) listed
