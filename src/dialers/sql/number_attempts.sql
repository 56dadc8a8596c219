-- Numbers the attempts of the leads in $2 whose records tell no number: by rank of their start, at most $3.
with ranked as (
    select uuid, least(row_number() over (partition by lead_id order by started_at, uuid), $3) as rank
    from autocall_attempts where tenant_id = $1 and lead_id = any ($2)
)
update autocall_attempts as attempt set attempt_number = ranked.rank
from ranked
where attempt.tenant_id = $1 and attempt.uuid = ranked.uuid and attempt.attempt_number <> ranked.rank
  and exists (
      select from dialer_calls call
      where call.tenant_id = $1 and call.id = attempt.uuid and call.module = 'autocall' and call.attempt_number is null
        and call.source = any (array['freeswitch', 'asterisk', 'vicidial'])
  )
