exists (
    select
    from autocall_attempts a
    where a.tenant_id = $1
      and a.lead_id = l.id
      and a.started_at >= {{complete_from}}
)
