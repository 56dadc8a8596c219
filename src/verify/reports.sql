-- Subjects of a tenant's reports, and the range of its calls.
select array(select id from autocall_campaigns where tenant_id = $1 order by id) as autocall_campaigns,
       array(select id from telesales_campaigns where tenant_id = $1 order by id) as telesales_campaigns,
       array(select id from agents where tenant_id = $1 order by id) as agents,
       array(select id from teams where tenant_id = $1 order by id) as teams,
       array(select distinct callboard_source(source) collate "C"
             from (select source from telesales_leads where tenant_id = $1 order by id desc limit 1000) newest
             union
             select '(unknown)'
             order by 1) as sources,
       least((select min(started_at) from autocall_attempts where tenant_id = $1
                and started_at >= '0001-01-01 00:00:00+00' and started_at < '10000-01-01 00:00:00+00'),
             (select min(started_at) from telesales_calls where tenant_id = $1
                and started_at >= '0001-01-01 00:00:00+00' and started_at < '10000-01-01 00:00:00+00')) as first,
       greatest((select max(started_at) from autocall_attempts where tenant_id = $1
                and started_at >= '0001-01-01 00:00:00+00' and started_at < '10000-01-01 00:00:00+00'),
                (select max(started_at) from telesales_calls where tenant_id = $1
                and started_at >= '0001-01-01 00:00:00+00' and started_at < '10000-01-01 00:00:00+00')) as last
