-- A lead counts after the changes ({{is}}) where it did not before ({{was}}), or the reverse. The lookup of a stage in an hour
-- that did not change is made only if it matters.
coalesce(sum(
    case
        when {{is}} * (r.after & {{bit}} <> 0)::integer - {{was}} * (r.before & {{bit}} <> 0)::integer = {{is}} - {{was}}
            or (
                select true
                from {{name}}_trail t
                where t.tenant_id = $1
                  and t.lead_id = r.lead_id
                  and {{in_scope}}
                  and t.hour >= h.begins
                  and t.hour < h.ends
                  and t.stages & {{bit}} <> 0
                  and t.hour <> all (r.hours)
                limit 1
            )
            then {{is}} - {{was}}
        else {{is}} * (r.after & {{bit}} <> 0)::integer - {{was}} * (r.before & {{bit}} <> 0)::integer
    end
), 0) as {{stage}}
