-- Changes script $2 to the columns $3.
update autocall_scripts r
set (name,
     template_text,
     voice_id,
     tts_tier,
     max_repeat_per_attempt,
     status,
     dtmf_actions,
     updated_at) = (
    select
        changed.name,
        changed.template_text,
        changed.voice_id,
        changed.tts_tier,
        changed.max_repeat_per_attempt,
        changed.status,
        changed.dtmf_actions,
        changed.updated_at
    from jsonb_populate_record(r, $3::jsonb) as changed
)
where r.tenant_id = $1 and r.id = $2
