-- The stages that a lead `r` reached in the whole hours `h` that did not change.
cross join lateral (
    select coalesce(bit_or(t.stages), 0) as stages
    from {{name}}_trail t
    where t.tenant_id = $1
      and t.lead_id = r.lead_id
      and {{in_scope}}
      and t.hour >= h.begins
      and t.hour < h.ends
      and t.hour <> all (r.hours)
) k
