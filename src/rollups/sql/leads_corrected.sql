-- A lead counts {{is}} times after the changes and {{was}} times before.
coalesce(sum(
    {{is}} * ((r.after | k.stages) & {{bit}} <> 0)::integer
    - {{was}} * ((r.before | k.stages) & {{bit}} <> 0)::integer
), 0) as {{stage}}
