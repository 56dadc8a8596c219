-- Leads with changes since the last compaction.
select distinct lead_id from autocall_attempts_journal where tenant_id = $1
union
select distinct id from autocall_leads_journal where tenant_id = $1
