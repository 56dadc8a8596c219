-- The caller IDs in $2 that are not stored.
select cid from unnest($2::text[]) as told (cid)
where not exists (select from caller_ids known where known.tenant_id = $1 and known.cid = told.cid)
