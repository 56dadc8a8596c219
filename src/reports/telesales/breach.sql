-- Records a breach. $2 campaign, $3 dials, $4 abandoned dials, $5 window in minutes, $6 from, $7 to, which is now;
-- $8 the campaign's name, $9 its limit.
insert into abandon_breaches (
    tenant_id, campaign_id, attempts_total, attempts_abandoned, window_minutes, window_from, window_to, campaign_name,
    limit_pct, detected_at
)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $7)
