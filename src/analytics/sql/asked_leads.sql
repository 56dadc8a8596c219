-- Leads by `id`, possibly repeated.
asked as materialized (
    {{ids}}
),
