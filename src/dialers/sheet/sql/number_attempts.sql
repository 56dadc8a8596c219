-- Numbers the attempts $2, whose sheet tells no number, and those of other sheets: by rank of their start among the attempts
-- of their lead, at most 100.
with ranked as (
    select uuid, least(row_number() over (partition by lead_id order by started_at, uuid), 100) as rank
    from autocall_attempts
    where tenant_id = $1
      and lead_id in (select lead_id from autocall_attempts where tenant_id = $1 and uuid = any ($2))
)
update autocall_attempts attempt
set attempt_number = ranked.rank
from ranked
where attempt.tenant_id = $1 and attempt.uuid = ranked.uuid and attempt.attempt_number <> ranked.rank
  and (attempt.uuid = any ($2) or attempt.uuid like 'sheet-%')
