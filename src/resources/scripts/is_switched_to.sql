-- True if another script switches to script $2.
select exists (
    select
    from autocall_scripts s
    where s.tenant_id = $1
      and s.id <> $2
      and jsonb_path_exists(
          s.dtmf_actions,
          '$[*] ? (@.action_type == "switch_script" && @.target_script_id == $id)',
          jsonb_build_object('id', $2)
      )
)
