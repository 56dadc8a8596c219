({{team}}::bigint is null or {{call}}.agent_id in (select id from agents where tenant_id = $1 and team_id = {{team}}))
