-- The calls of a lead: sums by an attribute of leads, such as their source, follow when it changes.
create index on telesales_calls (tenant_id, lead_id);
