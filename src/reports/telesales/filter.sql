-- The rows that a filter names, null or missing where the tenant has none, and whether its roll-ups can be trusted.
-- $2 campaign, $3 agents, $4 team; each may be null.
select (select name from telesales_campaigns where tenant_id = $1 and id = $2) as campaign_name,
       array(select id from unnest($3) as named (id)
             where not exists (select from agents where tenant_id = $1 and agents.id = named.id)
             order by id) as agents_missing,
       array(select left(name, 255) from agents where tenant_id = $1 and id = any ($3) order by id limit 20) as agent_names,
       (select name from teams where tenant_id = $1 and id = $4) as team_name,
       {{trusted telesales n.campaign_id = $2}} as trusted
