-- A page of audio files, newest id first. $2 part of the name or null, $3 limit, $4 offset.
select
    m.id,
    callboard_short(m.name) as name,
    m.url,
    m.duration_sec,
    m.file_size,
    m.created_at
from media_files m
where m.tenant_id = $1
  and ($2::text is null or strpos(callboard_folded(m.name), callboard_folded($2)) > 0)
order by m.id desc
limit $3 offset $4
