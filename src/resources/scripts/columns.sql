-- Columns of a script as clients see it; r is its row.
r.id,
callboard_short(r.name) as name,
coalesce(r.template_id, 'tpl_' || r.id) as template_id,
r.template_text,
r.voice_id,
r.tts_tier,
r.max_repeat_per_attempt,
callboard_short(r.status) as status,
r.dtmf_actions,
(
    select count(*)
    from autocall_campaigns c
    where c.tenant_id = $1 and c.script_id = r.id
) as used_by_campaigns,
r.created_at,
r.updated_at
