-- The work of job $2, held by claim $3. The ends of the window that it is compared with, and its layout, are the last items of
-- the order; that of a list of calls has the list's parameters, that of evidence what it is about.
select campaign_id,
       asked::json -> 'calls' as calls,
       asked::json -> 'compliance' as evidence,
       report_type,
       format,
       window_from,
       window_to,
       (asked::json -> 4 ->> 0)::timestamptz as earlier_from,
       (asked::json -> 4 ->> 1)::timestamptz as earlier_to,
       coalesce(asked::json -> 5 ->> 'lang', asked::json -> 'compliance' ->> 'lang') as lang,
       coalesce(asked::json -> 5 ->> 'accepted', asked::json ->> 'accepted') as accepted,
       asked::jsonb -> 5 -> 'templates' as templates,
       timezone,
       rows_expected,
       tries
from exports
where tenant_id = $1 and id = $2 and claim = $3
