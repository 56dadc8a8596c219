-- The index of answered calls by length (0010) was taken for a window's ragged ends as well, and gone through from end to
-- end for them. Every length is 0 or more; that it says so keeps it from whoever does not.
drop index autocall_attempts_tenant_id_campaign_id_billsec_started_at_idx;
create index on autocall_attempts (tenant_id, campaign_id, billsec, started_at) where result = 'answered' and billsec >= 0;
