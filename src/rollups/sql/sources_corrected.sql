count(*) filter (
    where v.n > 0
      and v.created_at >= {{:window_from}}
      and v.created_at < {{:window_to}}
      and truly & {{bit}} <> 0
) - count(*) filter (
    where v.folded > 0
      and v.created_at >= {{:hours_from}}
      and v.created_at < {{:hours_to}}
      and linked & {{bit}} <> 0
) as {{name}}
