-- Resolves the filters for a tenant: whether any campaign has template $2 (null: any), and whether the roll-ups of
-- everything selected can be trusted.
with playing as (
    select c.id, c.script_id
    from autocall_campaigns c
    join autocall_scripts s on s.tenant_id = $1 and s.id = c.script_id
    where c.tenant_id = $1 and coalesce(s.template_id, 'tpl_' || s.id) = $2::text
)
select $2::text is null or exists (select from playing) as plays,
       {{trusted autocall exists (
           select from playing p
           where p.id = n.campaign_id or p.script_id = n.script_id
       )}} as trusted,
       (select complete_from from tenants where id = $1) as complete_from,
       (select timezone from tenants where id = $1) as timezone
