-- False if leads were truncated after this snapshot: they are gone from it, but their stale mark is not yet in it. The catalog
-- tells by the table's file, in the snapshot and now. Reading the table locks it, so that it stays as it is.
select c.relfilenode = pg_relation_filenode(c.oid)
       and exists (select from telesales_leads where tenant_id = $1) is not null
from pg_class c
where c.oid = 'telesales_leads'::regclass
