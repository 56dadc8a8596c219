-- The $3 leads behind $2 that have attempts whose sheets tell no number.
select distinct lead_id
from autocall_attempts attempt
where tenant_id = $1 and lead_id > $2
  and exists (select from sheet_attempts untold where untold.tenant_id = $1 and untold.uuid = attempt.uuid)
order by lead_id
limit $3
