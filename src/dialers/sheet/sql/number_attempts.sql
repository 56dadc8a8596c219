-- Numbers the attempts of the leads $2 whose sheets tell no number: by rank of their start among all of the lead, at most $3.
with ranked as (
    select uuid, least(row_number() over (partition by lead_id order by started_at, uuid), $3) as rank
    from autocall_attempts where tenant_id = $1 and lead_id = any ($2)
)
update autocall_attempts attempt
set attempt_number = ranked.rank
from ranked
where attempt.tenant_id = $1 and attempt.uuid = ranked.uuid and attempt.attempt_number <> ranked.rank
  and exists (select from sheet_attempts untold where untold.tenant_id = $1 and untold.uuid = attempt.uuid)
