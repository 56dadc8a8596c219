case
    when {{team}}::bigint is null then {{agents}}::bigint[]
    else array(
        select id
        from agents
        where tenant_id = $1
          and team_id = {{team}}
          and ({{agents}}::bigint[] is null or id = any ({{agents}}))
    )
end
