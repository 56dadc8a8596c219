-- One audio file. $2 id.
select
    m.id,
    callboard_short(m.name) as name,
    m.url,
    m.duration_sec,
    m.file_size,
    m.created_at
from media_files m
where m.tenant_id = $1 and m.id = $2
