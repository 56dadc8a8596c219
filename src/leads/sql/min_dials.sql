(
    select count(*)
    from (
        select
        from telesales_calls c
        where c.tenant_id = $1
          and c.lead_id = l.id
          and callboard_is_dial(c.result)
          and c.started_at >= {{complete_from}}
        limit :1
    ) c
) >= :1
