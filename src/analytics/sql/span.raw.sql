-- The first and the last attempt that match the filters.
select
    min(a.started_at) as first,
    max(a.started_at) as last
{{attempts}}
