-- True if the tenant has a campaign, and the number of recorded breaches of it. $2 campaign; null for all.
select $2::bigint is null or exists (select from telesales_campaigns where tenant_id = $1 and id = $2) as is_known,
       (select count(*) from abandon_breaches
        where tenant_id = $1 and ($2::bigint is null or campaign_id = $2)) as total
