-- Templates of a tenant, for questions.
select array(select distinct coalesce(template_id, 'tpl_' || id) from autocall_scripts where tenant_id = $1 order by 1)
           as templates
