
    -- Leads whose payload has every key of $9 with its value there: looked up by $10, the rarest of its terms, then
    -- read. Coalesced, because of a bare @> the planner expects one row in a thousand.
    select l.id
    from autocall_lead_terms t
    join autocall_leads l on l.tenant_id = $1 and l.id = t.lead_id
    where t.tenant_id = $1 and t.term = $10 and coalesce(l.payload @> $9::jsonb, false)
