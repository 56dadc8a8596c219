({{sources}}::text[] is null
 or coalesce((select callboard_source(l.source)
              from telesales_leads l
              where l.tenant_id = $1 and l.id = {{call}}.lead_id), '(unknown)') = any ({{sources}}))
