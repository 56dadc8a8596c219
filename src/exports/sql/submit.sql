-- Adds a job to the queue. $2 export, $3 campaign, $4 report, $5 format, $6, $7, $8 window, $9 now, $10 user, $11 the order
-- in canonical form, $12 expected rows.
insert into exports (
    tenant_id,
    id,
    campaign_id,
    report_type,
    format,
    window_from,
    window_to,
    timezone,
    created_at,
    created_by,
    asked,
    rows_expected
)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
