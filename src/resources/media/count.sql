-- Number of audio files. $2 part of the name or null.
select count(*)
from media_files m
where m.tenant_id = $1
  and ($2::text is null or strpos(callboard_folded(m.name), callboard_folded($2)) > 0)
