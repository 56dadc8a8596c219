-- Fingerprint of the tables in schema public, if there are any.
select s.tables
from rollup_schema s
where exists (select from rollup_editions where schema_name = 'public')
