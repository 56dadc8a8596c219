-- Number of scripts. $2 part of the name or null, $3 status or null.
select count(*)
from autocall_scripts s
where s.tenant_id = $1
  and ($2::text is null or strpos(callboard_folded(s.name), callboard_folded($2)) > 0)
  and ($3::text is null or s.status = $3)
