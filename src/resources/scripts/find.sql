-- One script. $2 id.
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
where s.tenant_id = $1 and s.id = $2
