-- The newest edition whose roll-up $1 has the digest $2.
select e.schema_name
from rollup_editions e
join rollup_relations r on r.schema_name = e.schema_name
where r.relation = $1
  and r.part = ''
  and r.digest = $2
order by e.installed_at desc, e.schema_name
limit 1
