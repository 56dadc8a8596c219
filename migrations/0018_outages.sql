-- Exports wait for a store or database that is out of reach instead of failing, and downloads are recorded once an hour.

-- Since when what the job needs has been out of reach; null while it is not.
alter table exports add column outage_since timestamptz;

-- A download looks for its earlier entry, once for each request for a part of a file.
create index audit_log_downloads on audit_log (tenant_id, subject, at) where event = 'export_downloaded';
