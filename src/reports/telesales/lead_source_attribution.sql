-- Leads created in a window, by source, and how many of them had such a dial in it. $2 scope, $3 campaign,
-- $4 to $10 the plan of the window, $11 to $20 its links.
select l.source as key,
       l.leads,
       coalesce(r.dialed, 0) as dialed,
       coalesce(r.connected, 0) as contacted,
       coalesce(r.converted, 0) as converted
from (select source, sum(leads) as leads
      from rolled_telesales_lead_sources($1, $2, $3, '{0}', $4, $5, $6, $7, $8, $9, $10)
      group by source
      having sum(leads) <> 0) l
left join rolled_telesales_sources($1, $2, $3, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20) r
    on r.source = l.source
