coalesce((
    (
        select jsonb_object_agg(c.id, k.keys)
        from (
            select s.id,
                   array(
                       select action ->> 'digit'
                       from jsonb_array_elements(s.dtmf_actions) action
                       where length(action ->> 'digit') = 1
                   ) as keys
            from autocall_scripts s
            where s.tenant_id = $1
              and jsonb_typeof(s.dtmf_actions) = 'array'
              and s.dtmf_actions <> '[]'
            offset 0
        ) k
        cross join lateral (
            select c.id
            from autocall_campaigns c
            where c.tenant_id = $1
              and c.script_id = k.id
            offset 0
        ) c
    ) -> {{attempt}}.campaign_id::text
) ? right({{attempt}}.dtmf, 1), true)
