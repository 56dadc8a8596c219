-- Resolves the filters for a tenant: whether any campaign has template $2 (null: any), and whether the roll-ups of
-- everything selected can be trusted.
with playing as (
    select c.id, c.script_id
    from autocall_campaigns c
    join autocall_scripts s on s.tenant_id = $1 and s.id = c.script_id
    where c.tenant_id = $1 and coalesce(s.template_id, 'tpl_' || s.id) = $2::text
)
select $2::text is null or exists (select from playing) as plays,
       not exists (select from rollup_stale r
                   where r.tenant_id = $1 and r.module = 'autocall'
                     and (r.campaign_id is null and r.script_id is null
                          or exists (select from playing p where p.id = r.campaign_id or p.script_id = r.script_id)))
           as trusted
