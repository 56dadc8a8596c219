-- True for each edge of a window if the rest of its hour has no rows. $2 campaign; $3, $4 from the hour to the window's start,
-- $5, $6 from the window's end to the end of the hour.
select not exists (select from autocall_attempts
                   where tenant_id = $1 and campaign_id = $2 and started_at >= $3 and started_at < $4) as before,
       not exists (select from autocall_attempts
                   where tenant_id = $1 and campaign_id = $2 and started_at >= $5 and started_at < $6) as after
