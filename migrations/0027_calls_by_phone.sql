-- The calls to a phone, over all campaigns of an account: the leads that have it are looked up, and then their calls. Leads are
-- written seldom compared with calls, which need no further index: a list in the order of time walks those of (tenant_id,
-- started_at) and (tenant_id, campaign_id, started_at) backwards, and sorts only calls of the same instant by their uuid.
create index on autocall_leads (tenant_id, phone);
create index on telesales_leads (tenant_id, phone);
