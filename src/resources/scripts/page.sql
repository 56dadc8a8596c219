-- A page of scripts, newest id first. $2 part of the name or null, $3 status or null, $4 limit, $5 offset.
select
    s.id,
    callboard_short(s.name) as name,
    coalesce(s.template_id, 'tpl_' || s.id) as template_id,
    s.template_text,
    s.voice_id,
    s.tts_tier,
    s.max_repeat_per_attempt,
    callboard_short(s.status) as status,
    s.dtmf_actions,
    (
        select count(*)
        from autocall_campaigns c
        where c.tenant_id = $1 and c.script_id = s.id
    ) as used_by_campaigns,
    s.created_at,
    s.updated_at
from autocall_scripts s
where s.tenant_id = $1
  and ($2::text is null or strpos(callboard_folded(s.name), callboard_folded($2)) > 0)
  and ($3::text is null or s.status = $3)
order by s.id desc
limit $4 offset $5
