-- Number of AutoCall campaigns. $2 part of the name or null, $3 status or null, $4 script or null.
select count(*)
from autocall_campaigns c
where c.tenant_id = $1
  and ($2::text is null or strpos(callboard_folded(c.name), callboard_folded($2)) > 0)
  and ($3::text is null or c.status = $3)
  and ($4::text is null or c.script_id = $4::bigint)
