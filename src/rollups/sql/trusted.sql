-- True if roll-ups can be trusted: no note marks them stale, neither all of a module's nor those that a condition on the note
-- n selects.
not exists (
    select from rollup_stale n
    where n.tenant_id = $1
      and n.module = '{{module}}'
      and (n.campaign_id is null and n.script_id is null or {{condition}})
)
