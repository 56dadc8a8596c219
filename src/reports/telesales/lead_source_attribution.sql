-- Leads created in a window by source, and those with a dial, an answer and a conversion in it. $2 campaign; the plan
-- of the window, then its links, then $21 sources.
select l.source as key,
       l.leads,
       coalesce(reached.dialed, 0) as dialed,
       coalesce(reached.connected, 0) as contacted,
       coalesce(reached.converted, 0) as converted
from (select source, sum(leads) as leads
      from {{rolled telesales_lead_sources scope=asked campaign=$2}} r
      where $21::text[] is null or source = any ($21)
      group by source
      having sum(leads) <> 0) l
left join {{rolled telesales_sources scope=asked campaign=$2}} reached on reached.source = l.source
