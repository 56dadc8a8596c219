-- What an account has that can be asked about, and when its attempts were.
select array(select distinct coalesce(template_id, 'tpl_' || id) from autocall_scripts where tenant_id = $1 order by 1)
           as templates,
       (select min(started_at) from autocall_attempts where tenant_id = $1
                and started_at >= '0001-01-01 00:00:00+00' and started_at < '10000-01-01 00:00:00+00') as first,
       (select max(started_at) from autocall_attempts where tenant_id = $1
                and started_at >= '0001-01-01 00:00:00+00' and started_at < '10000-01-01 00:00:00+00') as last
